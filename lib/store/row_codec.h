// SPDX-License-Identifier: GPL-2.0-or-later
// Every request and reply of the store as a table of its fields, for lib/store/codec.h.
#ifndef LIB_STORE_ROW_CODEC_H
#define LIB_STORE_ROW_CODEC_H

#include "lib/store/codec.h"
#include "lib/store/ops.h"

extern const struct codec_record codec_workflow, codec_origin, codec_entry, codec_grant,
    codec_sync_request, codec_sync_reply, codec_demand, codec_submission, codec_submissions,
    codec_read_request, codec_data_request, codec_data_reply, codec_restart_facts, codec_spawn_base,
    codec_spawn_request, codec_restart_request, codec_amend_had, codec_steer_request,
    codec_class_update;

// A read_reply has one list, of what was asked for: READ_…
extern const struct codec_record *const codec_read_replies[READS];

// A store that passes every request and reply of another one through JSON text and back:
// $TORC_STORE_CODEC=1.
extern const struct store_ops store_loop_ops;

#endif
