/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/supervisor/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/fd.h"
#include "daemon/config/config_user.h"
#include "daemon/supervisor/user_file_fetch.h"
#include "tests/support/t.h"

#define TEXT "children = 5\n"

/* A home in the working directory, and a reading of the file in it. */
struct place {
	char home[512];
	struct user_file f;
	struct ident ident;
	int null_fd;
};

static int place_make(void **state)
{
	static struct place p;

	p = (struct place){ .null_fd = open("/dev/null", O_RDWR | O_CLOEXEC) };
	(void)snprintf(p.home, sizeof(p.home), "/tmp/lsapid-home-XXXXXX");
	assert_non_null(mkdtemp(p.home));
	assert_int_equal(chmod(p.home, 0755), 0);
	assert_int_equal(chdir(p.home), 0);
	p.ident = (struct ident){ .uid = geteuid(), .gid = getegid() };
	user_file_init(&p.f);
	*state = &p;
	return 0;
}

static int place_remove(void **state)
{
	struct place *p = *state;
	char command[600];

	user_file_deinit(&p->f);
	(void)fd_close(p->null_fd);
	assert_int_equal(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->home);
	/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a directory of our own */
	assert_int_equal(system(command), 0);
	return 0;
}

static void write_file(const char *name, const char *text, size_t size, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void write_own(const char *text)
{
	write_file(CONFIG_USER_FILE, text, strlen(text), 0644);
}

/* Until the result is known; the child is reaped. */
static enum user_file_result read_to_end(struct place *p, const char *home)
{
	const struct user_file_whose whose = {
		.home = home, .ident = &p->ident, .null_fd = p->null_fd, .parent = getpid()
	};
	int status;

	user_file_deinit(&p->f);
	assert_int_equal(user_file_start(&p->f, &whose, 1000), 0);
	assert_int_equal(p->f.deadline_ns, 1000 + USER_FILE_LIMIT_NS);
	while (!user_file_read(&p->f)) {
		struct pollfd fd = { .fd = p->f.data_fd, .events = POLLIN };

		assert_int_equal(poll(&fd, 1, 10000), 1);
	}
	assert_false(user_file_is_open(&p->f));
	assert_int_equal(waitpid(p->f.pid, &status, 0), p->f.pid);
	return p->f.result;
}

static void read__good_file__its_bytes(void **state)
{
	struct place *p = *state;
	char large[CONFIG_USER_MAX_BYTES];
	size_t size;

	write_own(TEXT);
	assert_int_equal(read_to_end(p, p->home), USER_FILE_FOUND);
	assert_string_equal(user_file_text(&p->f, &size), TEXT);
	assert_int_equal(size, strlen(TEXT));
	assert_memory_equal(p->f.path, p->home, strlen(p->home));
	assert_string_equal(p->f.path + strlen(p->home), "/.lsapid.conf");
	write_own("");
	assert_int_equal(read_to_end(p, p->home), USER_FILE_FOUND);
	assert_string_equal(user_file_text(&p->f, &size), "");
	memset(large, '#', sizeof(large));
	write_file(CONFIG_USER_FILE, large, sizeof(large), 0400);
	assert_int_equal(read_to_end(p, p->home), USER_FILE_FOUND);
	assert_memory_equal(user_file_text(&p->f, &size), large, sizeof(large));
	assert_int_equal(size, sizeof(large));
}

static void make_link(void)
{
	write_file("real", TEXT, strlen(TEXT), 0644);
	assert_int_equal(symlink("real", CONFIG_USER_FILE), 0);
}

static void make_dangling(void)
{
	assert_int_equal(symlink("/nowhere", CONFIG_USER_FILE), 0);
}

static void make_link_to_passwd(void)
{
	assert_int_equal(symlink("/etc/passwd", CONFIG_USER_FILE), 0);
}

static void make_link_of_kernel(void)
{
	assert_int_equal(symlink("/proc/self/fd/0", CONFIG_USER_FILE), 0);
}

static void make_fifo(void)
{
	assert_int_equal(mkfifo(CONFIG_USER_FILE, 0600), 0);
}

static void make_directory(void)
{
	assert_int_equal(mkdir(CONFIG_USER_FILE, 0700), 0);
}

static void make_socket(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = CONFIG_USER_FILE };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	(void)fd_close(fd);
}

static void make_hard_link(void)
{
	write_own(TEXT);
	assert_int_equal(link(CONFIG_USER_FILE, "other"), 0);
}

static void make_group_writable(void)
{
	write_file(CONFIG_USER_FILE, TEXT, strlen(TEXT), 0664);
}

static void make_writable(void)
{
	write_file(CONFIG_USER_FILE, TEXT, strlen(TEXT), 0646);
}

static void make_large(void)
{
	char text[CONFIG_USER_MAX_BYTES + 1];

	memset(text, '\n', sizeof(text));
	write_file(CONFIG_USER_FILE, text, sizeof(text), 0644);
}

static void make_huge(void)
{
	write_own(TEXT);
	assert_int_equal(truncate(CONFIG_USER_FILE, (off_t)1 << 40), 0);
}

static void make_zero(void)
{
	write_file(CONFIG_USER_FILE, "a\0b", 3, 0644);
}

static void make_home_open_to_all(void)
{
	write_own(TEXT);
	assert_int_equal(chmod(".", 0777), 0);
}

static void make_nothing(void)
{
}

static void read__anything_else__named(void **state)
{
	static const struct {
		const char *name;
		void (*make)(void);
		enum user_file_result result;
	} cases[] = {
		{ "nothing", make_nothing, USER_FILE_ABSENT },
		{ "link", make_link, USER_FILE_E_LINK },
		{ "dangling link", make_dangling, USER_FILE_E_LINK },
		{ "link to another's", make_link_to_passwd, USER_FILE_E_LINK },
		{ "link of the kernel", make_link_of_kernel, USER_FILE_E_LINK },
		{ "fifo", make_fifo, USER_FILE_E_KIND },
		{ "directory", make_directory, USER_FILE_E_KIND },
		{ "socket", make_socket, USER_FILE_E_KIND },
		{ "hard link", make_hard_link, USER_FILE_E_LINKS },
		{ "group", make_group_writable, USER_FILE_E_WRITABLE },
		{ "others", make_writable, USER_FILE_E_WRITABLE },
		{ "large", make_large, USER_FILE_E_SIZE },
		{ "huge", make_huge, USER_FILE_E_SIZE },
		{ "zero", make_zero, USER_FILE_E_ZERO },
		{ "home open to all", make_home_open_to_all, USER_FILE_E_HOME_OWNER },
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char what[128];
		void *own;
		struct place *p;

		assert_int_equal(place_make(&own), 0);
		p = own;
		cases[i].make();
		T_ASSERT_ROW(cases[i].name, read_to_end(p, p->home) == cases[i].result);
		T_ASSERT_ROW(cases[i].name, *user_file_what(&p->f, what, sizeof(what)) != '\0');
		T_ASSERT_ROW(cases[i].name, *user_file_remedy(&p->f) != '\0');
		assert_int_equal(place_remove(&own), 0);
	}
}

static void read__homes__missing_is_nothing_else_is_told(void **state)
{
	struct place *p = *state;
	char path[600];
	char what[128];

	write_own(TEXT);
	assert_int_equal(read_to_end(p, "/nonexistent"), USER_FILE_ABSENT);
	(void)snprintf(path, sizeof(path), "%s/" CONFIG_USER_FILE, p->home);
	assert_int_equal(read_to_end(p, path), USER_FILE_E_HOME);
	assert_string_equal(user_file_what(&p->f, what, sizeof(what)),
		"its directory cannot be entered by its user: Not a directory");
	/* a link above the home is the administrator's */
	assert_int_equal(symlink(p->home, "way"), 0);
	(void)snprintf(path, sizeof(path), "%s/way", p->home);
	assert_int_equal(read_to_end(p, path), USER_FILE_FOUND);
	p->ident.uid = geteuid() + 1;
	assert_int_equal(read_to_end(p, p->home),
		geteuid() == 0 ? USER_FILE_E_OWNER : USER_FILE_E_HOME_OWNER);
}

/* By root only: the child has to be somebody else. */
static void read__as_the_user__with_his_rights(void **state)
{
	static const gid_t groups[] = { 12346 };
	struct place *p = *state;
	struct user_file_whose whose = { .home = p->home,
		.ident = &p->ident,
		.is_privileged = true,
		.null_fd = p->null_fd,
		.parent = getpid() };
	gid_t list[1] = { groups[0] };

	if (geteuid() != 0)
		skip();
	p->ident = (struct ident){ .uid = 12345, .gid = 12346, .groups = list, .group_count = 1 };
	write_own(TEXT);
	for (int i = 0; i < 3; i++) {
		static const enum user_file_result wanted[] = { USER_FILE_E_OWNER, USER_FILE_FOUND,
			USER_FILE_E_SYSTEM };

		if (i == 1)
			assert_int_equal(chown(CONFIG_USER_FILE, 12345, 12346), 0);
		if (i == 2) /* root could read it; he cannot */
			assert_int_equal(chmod(CONFIG_USER_FILE, 0), 0);
		user_file_deinit(&p->f);
		assert_int_equal(user_file_start(&p->f, &whose, 0), 0);
		while (!user_file_read(&p->f))
			(void)poll(NULL, 0, 1);
		assert_int_equal(p->f.result, wanted[i]);
		assert_int_equal(waitpid(p->f.pid, NULL, 0), p->f.pid);
	}
	assert_int_equal(p->f.error, EACCES);
	/* a drop that is none ends the reading before it begins */
	p->ident.uid = 0;
	user_file_deinit(&p->f);
	assert_int_equal(user_file_start(&p->f, &whose, 0), 0);
	while (!user_file_read(&p->f))
		(void)poll(NULL, 0, 1);
	assert_int_equal(p->f.result, USER_FILE_E_SYSTEM);
	assert_int_equal(p->f.error, EPERM);
	assert_int_equal(waitpid(p->f.pid, NULL, 0), p->f.pid);
}

/* --- a child that is not ours any more ------------------------------------------------------ */

/* A reading with the test at the other end of its pipes. Return: where to write */
static int open_by_hand(struct place *p)
{
	int data[2];
	int report[2];

	user_file_deinit(&p->f);
	/* before the pipes: it has no end of them */
	p->f.pid = fork();
	if (p->f.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	p->f.data = malloc(sizeof(struct user_file_head) + CONFIG_USER_MAX_BYTES + 1);
	assert_non_null(p->f.data);
	assert_int_equal(pipe2(data, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pipe2(report, O_CLOEXEC | O_NONBLOCK), 0);
	p->f.data_fd = data[0];
	p->f.report_fd = report[0];
	(void)fd_close(report[1]);
	return data[1];
}

static void expect_killed(const struct place *p)
{
	int status = 0;

	assert_int_equal(waitpid(p->f.pid, &status, 0), p->f.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void read__broken_record__never_taken_for_a_file(void **state)
{
	static char bytes[70000];
	static const struct {
		const char *name;
		size_t size;
		uint32_t head;
		enum user_file_result result;
	} cases[] = {
		{ "nothing", 0, 0, USER_FILE_E_DIED },
		{ "half a head", 7, 0, USER_FILE_E_DIED },
		{ "no text", 8, 0, USER_FILE_FOUND },
		{ "a word of ours", 8, USER_FILE_E_LATE, USER_FILE_E_DIED },
		{ "no word", 8, UINT32_MAX, USER_FILE_E_DIED },
		{ "as much as may be", 8 + CONFIG_USER_MAX_BYTES, 0, USER_FILE_FOUND },
		{ "one more", 9 + CONFIG_USER_MAX_BYTES, 0, USER_FILE_E_SIZE },
		{ "far more", 60000, 0, USER_FILE_E_SIZE },
	};
	struct place *p = *state;

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct user_file_head head = { .result = cases[i].head };
		int fd = open_by_hand(p);

		memset(bytes, 'x', sizeof(bytes));
		memcpy(bytes, &head, sizeof(head));
		assert_false(user_file_read(&p->f));
		assert_int_equal(write(fd, bytes, cases[i].size), (ssize_t)cases[i].size);
		if (cases[i].result != USER_FILE_E_SIZE)
			assert_false(user_file_read(&p->f));
		(void)fd_close(fd);
		assert_true(user_file_read(&p->f));
		T_ASSERT_ROW(cases[i].name, p->f.result == cases[i].result);
		expect_killed(p);
	}
}

static void finish__child_that_hangs__killed_and_told(void **state)
{
	struct place *p = *state;
	char what[128];
	int fd = open_by_hand(p);

	assert_false(user_file_read(&p->f));
	assert_int_equal(kill(p->f.pid, SIGSTOP), 0);
	user_file_finish(&p->f, USER_FILE_E_LATE, 0);
	assert_false(user_file_is_open(&p->f));
	assert_string_equal(
		user_file_what(&p->f, what, sizeof(what)), "could not be read within 2 s");
	expect_killed(p);
	(void)fd_close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			read__good_file__its_bytes, place_make, place_remove),
		cmocka_unit_test(read__anything_else__named),
		cmocka_unit_test_setup_teardown(
			read__homes__missing_is_nothing_else_is_told, place_make, place_remove),
		cmocka_unit_test_setup_teardown(
			read__as_the_user__with_his_rights, place_make, place_remove),
		cmocka_unit_test_setup_teardown(
			read__broken_record__never_taken_for_a_file, place_make, place_remove),
		cmocka_unit_test_setup_teardown(
			finish__child_that_hangs__killed_and_told, place_make, place_remove),
	};

	return cmocka_run_group_tests_name("user_file", tests, NULL, NULL);
}
