/* The port of a box: connecting to it without ever waiting for it. */
#include "sandbox/inside/port.h"
#include "sandbox/inside/words.h"
#include "sandbox/wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool loopback_raise(struct trouble *why)
{
    scoped_fd fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
    return (fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0) ||
           trouble_set(why, "could not raise the loopback device");
}

/* The reply is closed. Never blocks, whatever the caller passed as its reply socket. */
static void answer(int reply, int error, int socket)
{
    const struct wire_head head = { .kind = WIRE_CONNECTED, .number = (uint32_t)error };
    words_send(reply, &head, sizeof head, &socket, !error, MSG_DONTWAIT);
    close(reply);
}

/* A socket of the box's network; -1 and errno. */
static int socket_there(const struct port *port)
{
    if (setns(port->net, CLONE_NEWNET))
        return -1;
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = errno;
    namespace_return(port->own_net, CLONE_NEWNET);
    errno = error;
    return made;
}

/* A port of the range for outgoing connections, and nobody there: TCP may connect to itself. */
static bool is_itself(int socket)
{
    struct sockaddr_in own = { 0 }, other = { 0 };
    socklen_t own_size = sizeof own, other_size = sizeof other;
    return getsockname(socket, (void *)&own, &own_size) == 0 &&
           getpeername(socket, (void *)&other, &other_size) == 0 && own.sin_port == other.sin_port;
}

/* Answers, and closes both. */
static void settle(const struct port_wait *wait, int error)
{
    /* Reset: the listener was closed meanwhile; the box is there. */
    if (error == ECONNRESET || (!error && is_itself(wait->socket)))
        error = ECONNREFUSED;
    if (!error && fcntl(wait->socket, F_SETFL, 0))
        error = errno;
    answer(wait->reply, error, wait->socket);
    close(wait->socket);
}

void port_connect(struct port *port, uint32_t number, int reply)
{
    const struct sockaddr_in at = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)port->number),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (!port->number || number != port->number) {
        answer(reply, EACCES, -1);
        return;
    }
    if (port->count == PORT_WAITS_MOST) {
        answer(reply, EAGAIN, -1);
        return;
    }
    int made = socket_there(port);
    if (made < 0) {
        answer(reply, errno, -1);
        return;
    }
    const struct port_wait wait = { made, reply, now_us() + PORT_CONNECT_MS * 1000 };
    int error = connect(made, (const void *)&at, sizeof at) ? errno : 0;
    if (error == EINPROGRESS)
        port->waits[port->count++] = wait;
    else
        settle(&wait, error);
}

void port_seat(const struct port *port, struct pollfd *seats)
{
    for (size_t i = 0; i < port->count; i++)
        seats[i] = (struct pollfd){ .fd = port->waits[i].socket, .events = POLLOUT };
}

void port_look(struct port *port, const struct pollfd *seats)
{
    size_t kept = 0;
    int64_t time_us = now_us();
    for (size_t i = 0; i < port->count; i++) {
        const struct port_wait wait = port->waits[i];
        int error = ETIMEDOUT;
        socklen_t size = sizeof error;
        if (seats[i].revents && getsockopt(wait.socket, SOL_SOCKET, SO_ERROR, &error, &size))
            error = errno;
        if (seats[i].revents || time_us >= wait.give_up_us)
            settle(&wait, error);
        else
            port->waits[kept++] = wait;
    }
    port->count = kept;
}

void port_end(struct port *port, int socket)
{
    struct wire_message message;
    for (size_t i = 0; i < port->count; i++) {
        close(port->waits[i].socket);
        close(port->waits[i].reply);
    }
    port->count = 0;
    shutdown(socket, SHUT_RD);
    while (wire_receive(socket, &message))
        wire_close_fds(&message);
}
