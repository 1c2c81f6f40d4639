/* The SQL schemas as zero-ended texts. */
    .section .rodata
    .global store_sql, store_ladder_sql, store_intake_sql, store_rescore_sql
    .global store_cache_sql
    .global store_queue_sql
    .global store_outbox_sql
    .global store_compare_sql
    .global store_erase_sql, inbox_erase_sql
    .global store_scale_sql, inbox_scale_sql, store_board_sql, store_keep_sql, store_due_sql
    .global inbox_sql, sealed_sql, sealed_rescore_sql, sealed_record_sql
store_sql:
    .incbin "grader/store/store.sql"
    .byte 0
store_ladder_sql:
    .incbin "grader/store/store_ladder.sql"
    .byte 0
store_intake_sql:
    .incbin "grader/store/store_intake.sql"
    .byte 0
store_rescore_sql:
    .incbin "grader/store/store_rescore.sql"
    .byte 0
store_cache_sql:
    .incbin "grader/store/store_cache.sql"
    .byte 0
store_queue_sql:
    .incbin "grader/store/store_queue.sql"
    .byte 0
store_outbox_sql:
    .incbin "grader/store/store_outbox.sql"
    .byte 0
store_compare_sql:
    .incbin "grader/store/store_compare.sql"
    .byte 0
store_keep_sql:
    .incbin "grader/store/store_keep.sql"
    .byte 0
store_due_sql:
    .incbin "grader/store/store_due.sql"
    .byte 0
store_erase_sql:
    .incbin "grader/store/store_erase.sql"
    .byte 0
inbox_erase_sql:
    .incbin "grader/store/inbox_erase.sql"
    .byte 0
store_scale_sql:
    .incbin "grader/store/store_scale.sql"
    .byte 0
inbox_scale_sql:
    .incbin "grader/store/inbox_scale.sql"
    .byte 0
store_board_sql:
    .incbin "grader/store/store_board.sql"
    .byte 0
inbox_sql:
    .incbin "grader/store/inbox.sql"
    .byte 0
sealed_sql:
    .incbin "grader/store/sealed.sql"
    .byte 0
sealed_rescore_sql:
    .incbin "grader/store/sealed_rescore.sql"
    .byte 0
sealed_record_sql:
    .incbin "grader/store/sealed_record.sql"
    .byte 0
    .section .note.GNU-stack,"",@progbits
