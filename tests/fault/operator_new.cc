/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault/operator_new.h"

#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<unsigned> new_calls, new_fails_at;
static std::atomic<long> new_live;

void new_arm(unsigned n)
{
	new_calls = 0;
	new_fails_at = n;
}

bool new_disarm(void)
{
	bool has_failed = new_fails_at != 0 && new_calls >= new_fails_at;

	new_fails_at = 0;
	return has_failed;
}

long new_count_live(void) { return new_live; }

static void *allocate(std::size_t size)
{
	if (new_fails_at != 0 && ++new_calls == new_fails_at)
		throw std::bad_alloc();
	void *p = std::malloc(size == 0 ? 1 : size);
	if (p == nullptr)
		throw std::bad_alloc();
	new_live++;
	return p;
}

static void give_back(void *p) noexcept
{
	if (p != nullptr)
		new_live--;
	std::free(p);
}

/* As std::stable_sort() asks for room. */
static void *try_allocate(std::size_t size) noexcept
{
	try {
		return allocate(size);
	} catch (...) {
		return nullptr;
	}
}

void *operator new(std::size_t size, const std::nothrow_t &) noexcept { return try_allocate(size); }
void *operator new[](std::size_t size, const std::nothrow_t &) noexcept { return try_allocate(size); }
void *operator new(std::size_t size) { return allocate(size); }
void *operator new[](std::size_t size) { return allocate(size); }
void operator delete(void *p) noexcept { give_back(p); }
void operator delete[](void *p) noexcept { give_back(p); }
void operator delete(void *p, std::size_t) noexcept { give_back(p); }
void operator delete[](void *p, std::size_t) noexcept { give_back(p); }
