# SPDX-License-Identifier: GPL-2.0-or-later
# TORC_WARNINGS: the warnings of every source, in AM_CFLAGS (the user's CFLAGS are left alone); --enable-werror for CI.
AC_DEFUN([TORC_WARNINGS], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors (for CI)])])
TORC_CFLAGS="-std=gnu11 -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith dnl
-Wwrite-strings -Wundef -Wvla"
AS_IF([test "x$enable_werror" = xyes], [TORC_CFLAGS="$TORC_CFLAGS -Werror"])
WARNING_CFLAGS=$TORC_CFLAGS
AC_SUBST([TORC_CFLAGS])
AC_SUBST([WARNING_CFLAGS])
])

# TORC_SLURM: Slurm's headers (for the plugin) and libslurm (for slurm-query); without them both are left out.
AC_DEFUN([TORC_SLURM], [
AC_ARG_WITH([slurm], [AS_HELP_STRING([--without-slurm], [build neither the SPANK plugin nor slurm-query])])
have_spank=no; have_libslurm=no; SLURM_LIBS=
AS_IF([test "x$with_slurm" != xno], [
  AC_CHECK_HEADER([slurm/spank.h], [have_spank=yes])
  AC_CHECK_HEADER([slurm/slurm.h], [AC_CHECK_LIB([slurm], [slurm_load_partitions],
    [have_libslurm=yes; SLURM_LIBS=-lslurm])])])
AC_SUBST([SLURM_LIBS])
AM_CONDITIONAL([HAVE_SPANK], [test $have_spank = yes])
AM_CONDITIONAL([HAVE_LIBSLURM], [test $have_libslurm = yes])
])

# TORC_SANITIZE: --enable-sanitize builds with the address and undefined-behaviour sanitizers.
AC_DEFUN([TORC_SANITIZE], [
AC_ARG_ENABLE([sanitize], [AS_HELP_STRING([--enable-sanitize], [build with address and undefined sanitizers])])
AS_IF([test "x$enable_sanitize" = xyes], [
  TORC_CFLAGS="$TORC_CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g"
  TORC_LDFLAGS="-fsanitize=address,undefined"])
AC_SUBST([TORC_LDFLAGS])
AM_CONDITIONAL([SANITIZE], [test "x$enable_sanitize" = xyes])
])

# TORC_CRASH_POINTS: --enable-crash-points compiles in the places where tests/storm kills programs (lib/base/crash.h).
AC_DEFUN([TORC_CRASH_POINTS], [
AC_ARG_ENABLE([crash-points], [AS_HELP_STRING([--enable-crash-points], [let tests kill programs at named places])])
AS_IF([test "x$enable_crash_points" = xyes], [TORC_CFLAGS="$TORC_CFLAGS -DTORC_CRASH_POINTS"])
AM_CONDITIONAL([CRASH_POINTS], [test "x$enable_crash_points" = xyes])
])
