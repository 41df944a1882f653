/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * gen_zipf: documents by the million, the same on every machine, as JSON lines
 * on standard output: {"id":"z0000001","title":"..","text":".."}
 *
 *   gen_zipf [-s SEED] [-n DOCUMENTS] [-v VOCABULARY] [-z EXPONENT] [-l LENGTH]
 *            [-p 'some phrase=COUNT']... [-a 'some words=COUNT']...
 *
 *   -s 1       seed: another one gives other documents
 *   -n 1000    documents; the first ones do not depend on how many follow,
 *              but for what is planted
 *   -v 50000   different words; word number r (from 1) has weight 1/r^EXPONENT
 *   -z 1.0     exponent, three decimals
 *   -l 200     words of a document on average (exponentially distributed)
 *   -p PHRASE=COUNT   the phrase stands, once, in exactly COUNT documents
 *   -a WORDS=COUNT    the words stand apart, last first, in exactly COUNT
 *                     documents: they match all the words but not the phrase
 *
 * A planted word must be none the vocabulary can make, and a planted phrase no
 * part of something else planted, so that the counts are exact.  The words made
 * are two or more syllables (b d f g k l m n p r s v z)(a e i o u): "made" is
 * refused, "data" is not.
 *
 * No floating point anywhere: logarithms and powers of two come from integer
 * squarings and roots (32 bits behind the point), words are drawn from an
 * alias table (Vose 1991) whose columns hold exactly 2^32 tickets each.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define MAX_PLANTS 32
#define MAX_WORDS  8         /* in one plant */
#define MAX_COUNT  100000000 /* documents; different words, at 28 bytes each while the table is made */
#define ONE        (UINT64_C(1) << 32)

struct plant {
	char *text;                   /* words with one blank between; borrowed from argv */
	const char *words[MAX_WORDS]; /* where each begins in `text` */
	unsigned n_words;
	uint64_t count;
	uint64_t shift; /* which documents: see is_planted() */
	bool apart;
};

struct plan {
	uint64_t seed, documents, vocabulary, milli_exponent, length;
	uint64_t stride; /* has no common divisor with `documents` */
	struct plant plants[MAX_PLANTS];
	unsigned n_plants;
	struct column *columns; /* one a word; owned */
};

/* Of the column's 2^32 tickets, those below `own` are the word's, the rest `other`'s. */
struct column {
	uint64_t own;
	uint32_t other;
};

/* --- random numbers: SplitMix64, a stream of its own for each document --- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t random_below(uint64_t *state, uint64_t n) { return (uint64_t)(((u128)next_random(state) * n) >> 64); }

/* --- numbers with 32 bits behind the point --- */

/* log2(x) for x >= 1: the integer part by counting, then one bit a squaring. */
static uint64_t log2_of(uint64_t x)
{
	unsigned whole = 63u - (unsigned)__builtin_clzll(x);
	uint64_t m = x << (63 - whole); /* in [2^63, 2^64): 1.0 .. 2.0 */
	uint64_t result = whole;

	for (int bit = 0; bit < 32; bit++) {
		u128 square = (u128)m * m; /* in [2^126, 2^128) */
		bool two = (square >> 127) != 0;

		m = (uint64_t)(square >> (two ? 64 : 63));
		result = result << 1 | two;
	}
	return result;
}

static uint64_t root_of(u128 x)
{
	uint64_t r = 0;

	for (int bit = 63; bit >= 0; bit--) {
		uint64_t tried = r | UINT64_C(1) << bit;

		if ((u128)tried * tried <= x)
			r = tried;
	}
	return r;
}

/* 2^-e, scaled to 2^62 for e = 0: the whole part is a shift, and each bit
 * behind the point a multiplication with 2^-1/2, 2^-1/4, .. */
static uint64_t power_of_half(uint64_t e)
{
	static uint64_t roots[32]; /* 2^-(1/2), 2^-(1/4), .. scaled to 2^63 */
	uint64_t whole = e >> 32, result = UINT64_C(1) << 62;

	if (roots[0] == 0)
		for (int i = 0; i < 32; i++)
			roots[i] = root_of(i == 0 ? (u128)1 << 125 : (u128)roots[i - 1] << 63);
	if (whole > 62)
		return 0;
	for (int i = 0; i < 32; i++)
		if (e >> (31 - i) & 1)
			result = (uint64_t)(((u128)result * roots[i]) >> 63);
	return result >> whole;
}

/* --- the words --- */

static const char consonants[] = "bdfgklmnprsvz";
static const char vowels[] = "aeiou";

#define N_SYLLABLES 65u

/* Frequent words are short; within one length the order is shuffled, so that
 * neighbours in the dictionary differ in frequency.  Returns the length. */
static size_t make_word(uint64_t rank, char *out)
{
	uint64_t size = N_SYLLABLES * N_SYLLABLES;
	size_t syllables = 2;

	while (rank >= size) {
		rank -= size;
		size *= N_SYLLABLES;
		syllables++;
	}
	rank = (uint64_t)((u128)rank * 2654435761u % size); /* a prime: a permutation */
	for (size_t i = syllables; i-- > 0; rank /= N_SYLLABLES) {
		out[2 * i] = consonants[rank % N_SYLLABLES / 5];
		out[2 * i + 1] = vowels[rank % 5];
	}
	return 2 * syllables;
}

static bool is_made(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(i % 2 == 0 ? consonants : vowels, word[i] | 0x20) == NULL)
			return false;
	return len >= 4 && len % 2 == 0;
}

/* Tickets of each word, n * 2^32 in all: what rounding leaves goes to the first. */
static void weigh_words(const struct plan *plan, uint64_t *tickets)
{
	uint64_t n = plan->vocabulary, left = n * ONE;
	u128 sum = 0;

	for (uint64_t r = 0; r < n; r++) {
		tickets[r] = power_of_half((uint64_t)((u128)log2_of(r + 1) * plan->milli_exponent / 1000));
		sum += tickets[r];
	}
	for (uint64_t r = 0; r < n; r++) {
		tickets[r] = (uint64_t)((u128)tickets[r] * (n * ONE) / sum);
		left -= tickets[r];
	}
	tickets[0] += left;
}

/* Vose: a column with too few tickets is filled up from a word with too many. */
static void fill_columns(uint64_t *tickets, uint64_t n, uint32_t *rich, struct column *columns)
{
	uint64_t n_rich = 0;

	for (uint64_t r = 0; r < n; r++)
		if (tickets[r] >= ONE)
			rich[n_rich++] = (uint32_t)r;
	for (uint64_t r = 0; r < n; r++) {
		uint64_t poor = r;

		if (tickets[poor] >= ONE)
			continue;
		/* A giver that becomes poor is filled at once if its turn is past. */
		for (;;) {
			uint32_t giver = rich[n_rich - 1];

			columns[poor] = (struct column){ tickets[poor], giver };
			tickets[giver] -= ONE - tickets[poor];
			tickets[poor] = 0;
			if (tickets[giver] >= ONE)
				break;
			n_rich--;
			if (giver > r)
				break;
			poor = giver;
		}
	}
	while (n_rich > 0) {
		n_rich--;
		columns[rich[n_rich]] = (struct column){ ONE, rich[n_rich] };
	}
}

static bool make_table(struct plan *plan)
{
	uint64_t n = plan->vocabulary;
	uint64_t *tickets = calloc(n, sizeof *tickets);
	uint32_t *rich = calloc(n, sizeof *rich);

	plan->columns = calloc(n, sizeof *plan->columns);
	bool ok = tickets != NULL && rich != NULL && plan->columns != NULL;
	if (ok) {
		weigh_words(plan, tickets);
		fill_columns(tickets, n, rich, plan->columns);
	}
	free(tickets);
	free(rich);
	return ok;
}

static uint64_t draw_word(const struct plan *plan, uint64_t *state)
{
	uint64_t random = next_random(state);
	uint64_t at = (uint64_t)(((u128)(random >> 32) * plan->vocabulary) >> 32);
	const struct column *c = &plan->columns[at];

	return (random & (ONE - 1)) < c->own ? at : c->other;
}

/* --- one document --- */

struct insertion {
	const char *text;
	size_t len;
	uint64_t before; /* the made word it stands before */
};

/* A stride without common divisor visits each residue once: exactly `count` documents. */
static bool is_planted(const struct plan *plan, const struct plant *p, uint64_t doc)
{
	return (doc * plan->stride + p->shift) % plan->documents < p->count;
}

static size_t word_length(const char *word) { return strcspn(word, " "); }

static unsigned list_insertions(const struct plan *plan, uint64_t doc, struct insertion *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < plan->n_plants; i++) {
		const struct plant *p = &plan->plants[i];

		if (!is_planted(plan, p, doc))
			continue;
		if (!p->apart)
			out[n++] = (struct insertion){ p->text, strlen(p->text), 0 };
		for (unsigned w = p->apart ? p->n_words : 0; w-- > 0;)
			out[n++] = (struct insertion){ p->words[w], word_length(p->words[w]), 0 };
	}
	return n;
}

/* Each in a stripe of its own and before its stripe's last word, so that made words keep them apart. */
static void place_insertions(struct insertion *list, unsigned n, uint64_t length, uint64_t *state)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t from = i * length / n, to = (i + 1) * length / n;

		list[i].before = from + random_below(state, to - from - 1);
	}
}

static void put_word(const struct plan *plan, uint64_t *state, bool capital)
{
	char word[32];
	size_t len = make_word(draw_word(plan, state), word);

	if (capital)
		word[0] = (char)(word[0] - 'a' + 'A');
	(void)fwrite(word, 1, len, stdout);
}

static void put_title(const struct plan *plan, uint64_t *state)
{
	uint64_t n = 3 + random_below(state, 4);

	for (uint64_t i = 0; i < n; i++) {
		if (i > 0)
			(void)putchar(' ');
		put_word(plan, state, i == 0);
	}
}

static void put_text(
	const struct plan *plan, uint64_t *state, uint64_t length, const struct insertion *ins, unsigned n_ins)
{
	uint64_t sentence = 0; /* words left in it */
	unsigned next = 0;

	for (uint64_t i = 0; i < length; i++) {
		bool first = sentence == 0;

		if (first)
			sentence = 4 + random_below(state, 20);
		if (next < n_ins && ins[next].before == i) {
			(void)fwrite(ins[next].text, 1, ins[next].len, stdout);
			(void)putchar(' ');
			next++;
			first = false;
		}
		put_word(plan, state, first);
		sentence--;
		if (sentence == 0 || i + 1 == length)
			(void)fputs(random_below(state, 6) == 0 ? ".\\n" : ". ", stdout);
		else
			(void)fputs(random_below(state, 12) == 0 ? ", " : " ", stdout);
	}
}

/* -ln(u) words of the mean for a u between 0 and 1: exponential, at least `least`. */
static uint64_t draw_length(const struct plan *plan, uint64_t *state, uint64_t least)
{
	const uint64_t ln2 = 2977044472; /* with 32 bits behind the point */
	uint64_t minus_log2 = (UINT64_C(63) << 32) - log2_of(next_random(state) >> 1 | 1);
	uint64_t n = (uint64_t)(((u128)minus_log2 * ln2 * plan->length) >> 64);

	return n < least ? least : n;
}

static void put_document(const struct plan *plan, uint64_t doc)
{
	struct insertion ins[MAX_PLANTS * MAX_WORDS];
	uint64_t state = plan->seed * 0x9fb21c651e98df25u + doc;

	state = next_random(&state);
	unsigned n_ins = list_insertions(plan, doc, ins);
	uint64_t length = draw_length(plan, &state, n_ins == 0 ? 1 : 2u * n_ins);
	(void)printf("{\"id\":\"z%07" PRIu64 "\",\"title\":\"", doc + 1);
	put_title(plan, &state);
	(void)fputs("\",\"text\":\"", stdout);
	/* What is planted draws from a stream of its own: the made words stay the same. */
	uint64_t places = ~state;
	place_insertions(ins, n_ins, length, &places);
	put_text(plan, &state, length, ins, n_ins);
	(void)fputs("\"}\n", stdout);
}

/* --- the command line --- */

static bool parse_number(const char *s, uint64_t from, uint64_t to, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return errno == 0 && *s >= '0' && *s <= '9' && *end == '\0' && *out >= from && *out <= to;
}

/* "1" or "1.07", as thousandths. */
static bool parse_thousandths(const char *s, uint64_t *out)
{
	uint64_t unit = 1000;

	*out = 0;
	for (bool point = false; *s != '\0'; s++) {
		if (*s == '.' && !point && unit == 1000) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9' || unit == 1 || (!point && *out > 0))
			return false;
		if (point)
			unit /= 10;
		*out += (uint64_t)(*s - '0') * unit;
	}
	return true;
}

static bool is_word_byte(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Cut "some words=COUNT"; returns NULL, or what is wrong with it. */
static const char *parse_plant(char *arg, struct plant *p)
{
	char *equals = strrchr(arg, '=');

	if (equals == NULL || !parse_number(equals + 1, 0, MAX_COUNT, &p->count))
		return "PHRASE=COUNT is wanted";
	*equals = '\0';
	p->text = arg;
	for (const char *at = arg; at != NULL;) {
		size_t len = 0;

		while (is_word_byte((unsigned char)at[len]))
			len++;
		if (len == 0 || (at[len] != ' ' && at[len] != '\0'))
			return "letters and digits with one blank between the words are wanted";
		if (is_made(at, len))
			return "the vocabulary can make one of the words";
		if (p->n_words == MAX_WORDS)
			return "too many words";
		p->words[p->n_words++] = at;
		at = at[len] == ' ' ? at + len + 1 : NULL;
	}
	return p->apart && p->n_words < 2 ? "one word cannot stand apart" : NULL;
}

/* Whether a document with `outer` in it holds the phrase `inner` thereby. */
static bool holds(const struct plant *outer, const struct plant *inner)
{
	size_t len = strlen(inner->text);

	for (unsigned w = 0; w < outer->n_words; w++) {
		const char *at = outer->words[w];

		if (strncmp(at, inner->text, len) == 0 && (at[len] == ' ' || at[len] == '\0') &&
			(!outer->apart || inner->n_words == 1))
			return true;
	}
	return false;
}

static const char *check_plants(struct plan *plan)
{
	for (unsigned i = 0; i < plan->n_plants; i++) {
		struct plant *p = &plan->plants[i];
		uint64_t state = plan->seed + i;

		if (p->count > plan->documents)
			return "more to plant than documents";
		p->shift = random_below(&state, plan->documents);
		for (unsigned j = 0; j < plan->n_plants; j++)
			if (i != j && !p->apart && holds(&plan->plants[j], p))
				return "a planted phrase is part of another";
	}
	return NULL;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int refuse(const char *option, const char *why)
{
	(void)fprintf(stderr, "gen_zipf: %s: %s\n", option, why);
	return 2;
}

/* 0, or 2 when it has said what is wrong. */
static int parse_options(int argc, char **argv, struct plan *plan)
{
	for (int i = 1; i < argc; i += 2) {
		const char *option = argv[i], *why = "a number that fits is wanted";
		char *arg = argv[i + 1]; /* argv ends in NULL */
		char letter = option[0] == '-' && option[1] != '\0' && option[2] == '\0' ? option[1] : '?';
		bool ok = false;

		if (arg == NULL)
			return refuse(option, "an option and its value are wanted");
		switch (letter) {
		case 's': ok = parse_number(arg, 0, UINT64_MAX, &plan->seed); break;
		case 'n': ok = parse_number(arg, 1, MAX_COUNT, &plan->documents); break;
		case 'v': ok = parse_number(arg, 1, MAX_COUNT, &plan->vocabulary); break;
		case 'z': ok = parse_thousandths(arg, &plan->milli_exponent); break;
		case 'l': ok = parse_number(arg, 1, 1000000, &plan->length); break;
		case 'p':
		case 'a':
			if (plan->n_plants == MAX_PLANTS)
				return refuse(option, "too many of them");
			plan->plants[plan->n_plants].apart = letter == 'a';
			why = parse_plant(arg, &plan->plants[plan->n_plants++]);
			ok = why == NULL;
			break;
		default: why = "no such option; the head of gen_zipf.c lists them"; break;
		}
		if (!ok)
			return refuse(option, why);
	}
	const char *why = check_plants(plan);
	return why == NULL ? 0 : refuse("-p", why);
}

int main(int argc, char **argv)
{
	struct plan plan = { .seed = 1, .documents = 1000, .vocabulary = 50000, .milli_exponent = 1000, .length = 200 };

	if (parse_options(argc, argv, &plan) != 0)
		return 2;
	if (!make_table(&plan))
		return refuse("-v", "out of memory");
	plan.stride = plan.documents * 618 / 1000 + 1;
	while (common_divisor(plan.documents, plan.stride) != 1)
		plan.stride++;
	for (uint64_t doc = 0; doc < plan.documents && !ferror(stdout); doc++)
		put_document(&plan, doc);
	free(plan.columns);
	if (fflush(stdout) != 0 || ferror(stdout))
		return refuse("standard output", strerror(errno));
	return 0;
}
