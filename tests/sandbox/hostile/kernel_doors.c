/* System calls that no graded program needs and that break kernels. expect: ok */
/* cases: 28 74 90; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    char bytes[256] = { 0 };
    REFUSED(syscall(SYS_bpf, 0, bytes, sizeof bytes));
    REFUSED(syscall(SYS_perf_event_open, bytes, 0, -1, -1, 0));
    REFUSED(syscall(SYS_userfaultfd, 0));
    REFUSED(syscall(SYS_userfaultfd, 1));
    REFUSED(syscall(SYS_io_uring_setup, 1, bytes));
    REFUSED(syscall(SYS_io_uring_enter, 0, 0, 0, 0, 0, 0));
    REFUSED(syscall(SYS_add_key, "user", "a", "b", 1, -3));
    REFUSED(syscall(SYS_request_key, "user", "a", "b", -3));
    REFUSED(syscall(SYS_keyctl, 0, -3, 1));
    REFUSED(syscall(SYS_kexec_load, 0, 0, NULL, 0));
    REFUSED(syscall(SYS_init_module, bytes, 1, ""));
    REFUSED(syscall(SYS_finit_module, 0, "", 0));
    REFUSED(syscall(SYS_delete_module, "x", 0));
    REFUSED(syscall(SYS_acct, NULL));
    REFUSED(syscall(SYS_quotactl, 0, NULL, 0, NULL));
    REFUSED(syscall(SYS_swapon, "/tmp/x", 0));
    REFUSED(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
    REFUSED(syscall(SYS_iopl, 3));
    REFUSED(syscall(SYS_ioperm, 0, 1, 1));
    REFUSED(syscall(SYS_modify_ldt, 0, bytes, sizeof bytes));
    REFUSED(syscall(SYS_fanotify_init, 0, 0));
    REFUSED(syscall(SYS_syslog, 2, bytes, sizeof bytes));
    REFUSED(syscall(SYS_vhangup));
    REFUSED(syscall(SYS_memfd_secret, 0));
    REFUSED(syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0));
    REFUSED(syscall(SYS_migrate_pages, 0, 0, NULL, NULL));
    REFUSED(syscall(SYS_remap_file_pages, bytes, 4096, 0, 0, 0));
    REFUSED(syscall(SYS_lookup_dcookie, 0, bytes, sizeof bytes));
    REFUSED(syscall(SYS_mq_open, "/x", O_CREAT | O_RDWR, 0600, NULL));
    REFUSED(syscall(SYS_seccomp, 1, 8, bytes)); /* a listener of its own */
    REFUSED(syscall(451, 0, bytes, bytes, 0));  /* cachestat: looks into the page cache */
    REFUSED(mincore((void *)((uintptr_t)&main & ~4095UL), 4096, (void *)bytes));
    ATTACK_END;
}
