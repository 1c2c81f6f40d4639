/* Escapes by a kept directory, by chroot and by a handle of a file. expect: ok */
/* cases: 59 62 63; walls: root seccomp,caps */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct file_handle *handle = calloc(1, sizeof *handle + 128);
    int mount_id, here = open("/", O_RDONLY | O_DIRECTORY);
    handle->handle_bytes = 128;
    REFUSED(chroot("/tmp"));
    REFUSED(syscall(SYS_pivot_root, "/tmp", "/tmp"));
    name_to_handle_at(AT_FDCWD, "/usr/bin", handle, &mount_id, 0);
    REFUSED(open_by_handle_at(here, handle, O_RDONLY));
    for (int i = 0; i < 50; i++)
        chdir("..");
    REFUSED(open("root", O_PATH));
    REFUSED(open("usr/local/root", O_PATH));
    ATTACK_END;
}
