/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <xapian-c.h>

#include <xapian.h>

const char *xapian_c_version() noexcept { return Xapian::version_string(); }

void xapian_c_version_numbers(int *major, int *minor, int *revision) noexcept
{
	*major = Xapian::major_version();
	*minor = Xapian::minor_version();
	*revision = Xapian::revision();
}
