/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What this machine takes for the steps that serving a request is made of.
 *
 * Prints, as JSON and in microseconds of processor time: a system call; the first touch of a page;
 * a byte there and back between two threads and between two processes; and between one process and
 * each of many in random order. All on one processor, so that it is the switch that is measured,
 * and not the way to another one. On a virtual machine some cost ten times what they do elsewhere.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS     200000
#define PAGES     2048
#define ROUNDS    20000
#define PROCESSES 200
#define PAGE_SIZE 4096
#define NS_PER_S  1000000000ULL

static void die(const char *what)
{
	(void)fprintf(stderr, "toll: %s: %s\n", what, strerrordesc_np(errno));
	exit(1); /* NOLINT(concurrency-mt-unsafe): its other thread only echoes */
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static double each_us(uint64_t began_ns, unsigned count)
{
	return (double)(clock_ns() - began_ns) / 1000 / count;
}

static double call(void)
{
	uint64_t began = clock_ns();

	for (int i = 0; i < CALLS; i++)
		(void)syscall(SYS_getppid);
	return each_us(began, CALLS);
}

static double page_fault(void)
{
	char *memory = mmap(NULL, (size_t)PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED ||
		madvise(memory, (size_t)PAGES * PAGE_SIZE, MADV_NOHUGEPAGE) != 0)
		die("memory");
	uint64_t began = clock_ns();

	for (size_t i = 0; i < PAGES; i++)
		memory[i * PAGE_SIZE] = 1;
	double us = each_us(began, PAGES);

	(void)munmap(memory, (size_t)PAGES * PAGE_SIZE);
	return us;
}

/** What is said comes back, until the other end is closed. */
static void echo(int fd)
{
	char byte = 0;

	while (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1)
		;
}

static void *echo_thread(void *fd)
{
	echo(*(int *)fd);
	return NULL;
}

static void there_and_back(int fd)
{
	char byte = 0;

	if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
		die("echo");
}

static double threads(void)
{
	int pair[2];
	pthread_t thread;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
		pthread_create(&thread, NULL, echo_thread, &pair[1]) != 0)
		die("thread");
	there_and_back(pair[0]);
	uint64_t began = clock_ns();

	for (int i = 0; i < ROUNDS; i++)
		there_and_back(pair[0]);
	double us = each_us(began, ROUNDS);

	(void)close(pair[0]);
	(void)pthread_join(thread, NULL);
	(void)close(pair[1]);
	return us;
}

static int start_process(const int *others, unsigned count)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		die("socketpair");
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0) {
		(void)close(pair[1]);
		return pair[0];
	}
	(void)close(pair[0]);
	for (unsigned i = 0; i < count; i++)
		(void)close(others[i]); /* or none of them would see its end */
	echo(pair[1]);
	_exit(0);
}

static double processes(unsigned count)
{
	static int fd[PROCESSES];
	uint32_t dice = 1;

	for (unsigned i = 0; i < count; i++)
		fd[i] = start_process(fd, i);
	for (unsigned i = 0; i < count; i++)
		there_and_back(fd[i]);
	uint64_t began = clock_ns();

	for (int i = 0; i < ROUNDS; i++) {
		dice = dice * 1664525U + 1013904223U; /* Numerical Recipes, 7.1 */
		there_and_back(fd[(dice >> 16) % count]);
	}
	double us = each_us(began, ROUNDS);

	for (unsigned i = 0; i < count; i++)
		(void)close(fd[i]);
	return us;
}

int main(void)
{
	cpu_set_t one;
	int here = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(here < 0 ? 0 : (size_t)here, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		die("sched_setaffinity");
	(void)printf("{\"call_us\": %.3f, \"page_fault_us\": %.3f, \"threads_us\": %.3f, "
		     "\"processes_us\": %.3f, \"many_processes_us\": %.3f, \"many\": %d}\n",
		call(), page_fault(), threads(), processes(1), processes(PROCESSES), PROCESSES);
	return 0;
}
