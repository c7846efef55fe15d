// SPDX-License-Identifier: GPL-2.0-or-later
// The folder /run/torc and what is below it, made and opened so that no user can put a link or a
// file of theirs in the way.
#ifndef PLUGIN_RUN_DIR_H
#define PLUGIN_RUN_DIR_H

#include <sys/types.h>

// Each gives an fd of the folder, made if need be, or -1 with errno; EPERM if it belongs to someone
// else or others may write.
int run_dir_open_user(uid_t uid, gid_t gid); // /run/torc/UID, 0700, the user's: usage records
// /run/torc/.steps, 0700, root's: what was delegated (plugin/ledger.h)
int run_dir_open_steps(void);

#endif
