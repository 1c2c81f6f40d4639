/* The embedded files, read-only, named in web/assets.c. */
    .section .rodata
    .macro embed name, path
    .global asset_\name
    .global asset_\name\()_end
    .balign 16
asset_\name:
    .incbin "\path"
asset_\name\()_end:
    .byte 0
    .endm

    embed css, "web/assets/app.css"
    embed js, "web/assets/app.js"
    embed icon, "web/assets/icon.svg"
    embed font, "web/vendor/inter/inter-latin-wght-normal.woff2"
    embed font_ext, "web/vendor/inter/inter-latin-ext-wght-normal.woff2"

    .section .note.GNU-stack,"",@progbits
