/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/ctl/top_screen.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"

/** ^C and Esc, which come as keys. */
#define KEY_CTRL_C 3
#define KEY_ESCAPE 27
/** Lines above the rows: the daemon, what is shown, an empty one, the titles. */
#define HEAD_LINES 4

struct screen {
	struct top *top;       /* borrowed */
	const struct ctl *ctl; /* borrowed */
	int offset;            /* rows that are scrolled away */
	bool is_filtering;     /* keys go into the filter */
	bool has_help;
	bool is_over;
};

static const char *const help_lines[] = {
	"q, ^C        quit",
	"TAB, p, r    pools, requests that run now",
	"s, S         sort by the next column, by the one before",
	"R            the other way round",
	"b            only pools that are busy",
	"/            filter: a part of a pool's name, or a pattern; Enter ends it, Esc clears it",
	"arrows, page up and down, Home",
	"SPACE        look now",
	"h, ?         this help",
};

static double now_ms(void)
{
	return (double)clock_now_ns() / (double)NS_PER_MS;
}

/* The colours of term.h: what top_print() wrote, its escapes are all ours. */
static const char *take_code(const char *at)
{
	static const struct {
		const char *code;
		attr_t attributes;
		short pair;
	} rows[] = {
		{ "\x1b[0m", A_NORMAL, 0 },
		{ "\x1b[32m", A_NORMAL, 1 },
		{ "\x1b[33m", A_NORMAL, 2 },
		{ "\x1b[1;31m", A_BOLD, 3 },
		{ "\x1b[2m", A_DIM, 0 },
		{ "\x1b[1m", A_BOLD, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].code);

		if (strncmp(at, rows[i].code, n) == 0) {
			(void)attr_set(rows[i].attributes, rows[i].pair, NULL);
			return at + n;
		}
	}
	return at + 1;
}

/* Return: what follows the line */
static const char *draw_line(const char *text, int y)
{
	if (y >= 0)
		(void)move(y, 0);
	while (*text && *text != '\n') {
		size_t n = strcspn(text, "\n\x1b");

		if (y >= 0 && n)
			(void)addnstr(text, (int)n);
		text += n;
		if (*text == '\x1b')
			text = take_code(text);
	}
	return *text ? text + 1 : text;
}

/* top_print() as text. Return: free() it; NULL: memory */
static char *printed(const struct screen *s)
{
	struct ctl wide = *s->ctl;
	FILE *real = stdout;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return NULL;
	wide.term.columns = COLS > 0 ? (unsigned)COLS : 1;
	stdout = memory;
	top_print(s->top, &wide);
	stdout = real;
	(void)fclose(memory);
	return text;
}

static int count_lines(const char *text)
{
	int n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static void draw_rows(struct screen *s, const char *text)
{
	int last = count_lines(text) - HEAD_LINES - 1;

	s->offset = s->offset > last ? last : s->offset;
	s->offset = s->offset < 0 ? 0 : s->offset;
	for (int line = 0; *text; line++) {
		int y = line < HEAD_LINES ? line : line - s->offset;

		text = draw_line(
			text, (line >= HEAD_LINES && y < HEAD_LINES) || y >= LINES - 1 ? -1 : y);
	}
	(void)attr_set(A_NORMAL, 0, NULL);
}

static void draw(struct screen *s)
{
	char *text = printed(s);

	(void)erase();
	if (s->has_help)
		for (size_t i = 0; i < sizeof(help_lines) / sizeof(help_lines[0]); i++)
			(void)mvaddstr((int)i, 0, help_lines[i]);
	else if (text)
		draw_rows(s, text);
	if (s->is_filtering)
		(void)mvprintw(LINES - 1, 0, "filter: %s", s->top->filter);
	else
		(void)mvaddstr(
			LINES - 1, 0, "q quit  TAB pools/requests  s sort  / filter  h help");
	(void)refresh();
	free(text);
}

/* Bytes above 0x7f come one by one: UTF-8 as it was typed. */
static void edit_filter(struct screen *s, int key)
{
	char *filter = s->top->filter;
	size_t size = strlen(filter);

	if (key == '\n' || key == '\r' || key == KEY_ENTER || key == KEY_ESCAPE) {
		s->is_filtering = false;
		if (key == KEY_ESCAPE)
			filter[0] = '\0';
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		while (size && ((unsigned char)filter[size - 1] & 0xc0) == 0x80)
			filter[--size] = '\0';
		if (size)
			filter[size - 1] = '\0';
	} else if (key >= ' ' && key < 256 && size + 1 < TOP_FILTER_SIZE) {
		filter[size] = (char)key;
		filter[size + 1] = '\0';
	}
}

static void scroll_by(struct screen *s, int key)
{
	int page = LINES - HEAD_LINES - 2;

	if (key == KEY_HOME)
		s->offset = 0;
	else if (key == KEY_DOWN || key == KEY_UP)
		s->offset += key == KEY_DOWN ? 1 : -1;
	else if (key == KEY_NPAGE || key == KEY_PPAGE)
		s->offset += key == KEY_NPAGE ? page : -page;
}

/* Return: the daemon is to be asked at once */
static bool take_key(struct screen *s, int key)
{
	struct top *t = s->top;

	if (key == KEY_CTRL_C) {
		s->is_over = true;
	} else if (s->is_filtering) {
		edit_filter(s, key);
		return false;
	} else if (s->has_help) {
		s->has_help = false;
		return false;
	}
	switch (key) {
	case 'q':
		s->is_over = true;
		break;
	case '\t':
		t->has_requests = !t->has_requests;
		break;
	case 'p':
	case 'r':
		t->has_requests = key == 'r';
		break;
	case 's':
	case 'S':
		t->sort = select_next_key(t->sort, key == 's' ? 1 : -1);
		break;
	case 'R':
		t->is_reverse = !t->is_reverse;
		break;
	case 'b':
		t->select.is_busy = !t->select.is_busy;
		break;
	case '/':
		s->is_filtering = true;
		break;
	case 'h':
	case '?':
		s->has_help = true;
		break;
	default:
		scroll_by(s, key);
	}
	return key == ' ';
}

static void run(struct screen *s, uint64_t interval_ms)
{
	double next_ms = now_ms() + (double)interval_ms;

	while (!s->is_over) {
		double left_ms = next_ms - now_ms();
		int key;

		draw(s);
		timeout(left_ms > 0 ? (int)left_ms : 0);
		key = getch();
		/* ERR: the time is over; a terminal that is gone says so at once, and is no busy
		 * loop */
		if (key != ERR && !take_key(s, key))
			continue;
		(void)top_look(s->top, s->ctl); /* what is wrong is shown */
		next_ms = now_ms() + (double)interval_ms;
	}
}

int top_screen_run(struct top *t, const struct ctl *ctl, uint64_t interval_ms)
{
	struct screen s = { .top = t, .ctl = ctl };
	SCREEN *screen = newterm(NULL, stdout, stdin);

	if (!screen) {
		term_error("this terminal (TERM) is not known: try --batch");
		return CTL_FAILED;
	}
	(void)raw(); /* ^C is a key: the terminal is left as it was */
	(void)noecho();
	(void)keypad(stdscr, TRUE);
	(void)set_escdelay(25);
	(void)curs_set(0);
	if (ctl->term.has_color && start_color() == OK) {
		(void)use_default_colors();
		(void)init_pair(1, COLOR_GREEN, -1);
		(void)init_pair(2, COLOR_YELLOW, -1);
		(void)init_pair(3, COLOR_RED, -1);
	}
	run(&s, interval_ms);
	(void)endwin();
	delscreen(screen);
	return CTL_OK;
}
