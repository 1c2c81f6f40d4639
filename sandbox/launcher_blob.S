/* The launcher program, carried along: it is started from memory and needs no path. */
    .section .rodata
    .global box_launcher_program, box_launcher_program_end
    .balign 4096
box_launcher_program:
    .incbin "sandbox/launcher"
box_launcher_program_end:
    .section .note.GNU-stack, "", %progbits
