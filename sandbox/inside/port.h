/*
 * The port of a box: in its own network namespace something listens on 127.0.0.1, and the caller
 * gets connected descriptors, one for each request. A socket belongs to the namespace in which it
 * was made, so the launcher is in the box's only for that one call; connecting goes on outside and
 * is never waited for: a listener that does not accept costs a seat in the poll, nothing else.
 */
#pragma once

#include "sandbox/inside/sys.h"
#include <poll.h>

#define PORT_WAITS_MOST 16
#define PORT_CONNECT_MS 100

struct port_wait {
    int socket;
    int reply; /* the request's own socket: gets one WIRE_CONNECTED */
    int64_t give_up_us;
};

struct port {
    uint32_t number;  /* 0: none */
    int net, own_net; /* network namespaces: the box's, the launcher's; borrowed */
    struct port_wait waits[PORT_WAITS_MOST];
    size_t count;
};

/* Raises the loopback device of the network namespace that it is in. */
bool loopback_raise(struct trouble *why);

/* Takes `reply` over; EAGAIN goes there while PORT_WAITS_MOST others wait. */
void port_connect(struct port *port, uint32_t number, int reply);
/* One seat for each wait. */
void port_seat(const struct port *port, struct pollfd *seats);
/* With what poll said of them: answers what is connected, refused, or too late. */
void port_look(struct port *port, const struct pollfd *seats);
/*
 * The box is gone: whoever waits sees the end of its reply socket, whoever asks from now on cannot
 * send. `socket` is the job's; what it still holds is dropped.
 */
void port_end(struct port *port, int socket);
