# SPDX-License-Identifier: GPL-2.0-or-later
# the picture of HACKING.md, and the text that it was drawn from: contrib/rooms
EXTRA_DIST += doc/rooms.dot
EXTRA_DIST += doc/rooms.svg
# and that of reliability.md: contrib/states
EXTRA_DIST += doc/states.dot
dist_doc_DATA += doc/accounting.md
dist_doc_DATA += doc/from-torc.md
dist_doc_DATA += doc/guide.md
dist_doc_DATA += doc/planning.md
dist_doc_DATA += doc/reliability.md
dist_doc_DATA += doc/states.svg
dist_man_MANS += doc/spank_torc.8
dist_man_MANS += doc/torc-report.1
dist_man_MANS += doc/torc-run.1
dist_man_MANS += doc/torc-sbatch.1
dist_man_MANS += doc/torc.1
