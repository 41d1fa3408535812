/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/config/config_table.h"

#include <string.h>

#include "build_config.h"
#include "proto/pool_spec.h"

#define TOP(key, member)                                                                           \
	.section = CONFIG_SECTION_TOP, .name = (key), .offset = offsetof(struct config, member)
#define HANDLER(key, member)                                                                       \
	.section = CONFIG_SECTION_HANDLER, .name = (key),                                          \
	.offset = offsetof(struct config_handler, member)
#define DEFAULTS(key, member)                                                                      \
	.section = CONFIG_SECTION_DEFAULTS, .name = (key),                                         \
	.offset = offsetof(struct config_pool_defaults, member)
#define POOL(key) .section = CONFIG_SECTION_POOL, .name = (key), .value = ""

#define ID_MAX     4294967294U /* (uid_t)-1 means "no change" to setresuid(2) */
#define A_DAY_S    86400U
#define A_WEEK_S   (7U * A_DAY_S)
#define A_YEAR_S   (365U * A_DAY_S)
#define MEMORY_MAX (1ULL << 50)
#define PATH_BYTES 1000U
/* a hundred times the least that fills a disk; ten times as many still are less than 2^32 */
#define LOG_RATE_MAX 100000U
#define NAME_BYTES   255U

static const char *const when_busy_words[] = { "reject", "queue", NULL };
static const char *const busy_status_words[] = { "507", "503", NULL };
static const char *const criu_words[] = { "auto", "on", "off", NULL };
static const char *const own_log_words[] = { "off", "vhost", "common", NULL };

/* Of a key in defaults and in a pool alike. */
#define OPTIONAL   .can_be_empty = true
#define ENDLESS    OPTIONAL, .can_be_unlimited = true
#define A_YEAR_S   (365U * A_DAY_S)
#define SIZE_MAX_B (1ULL << 50)
#define KIB        1024ULL
#define MIB        (1024ULL * KIB)
/* setpriority(2), proc(5) */
#define NICE_RANGE .type = CONFIG_TYPE_INT, .min = (uint64_t)-20, .max = 19
#define OOM_RANGE  .type = CONFIG_TYPE_INT, .min = (uint64_t)-1000, .max = 1000
/* below the least of each, lsphp does not even start */
#define AS_RANGE     .type = CONFIG_TYPE_SIZE, .min = 16 * MIB, .max = SIZE_MAX_B
#define FSIZE_RANGE  .type = CONFIG_TYPE_SIZE, .min = 4 * KIB, .max = SIZE_MAX_B
#define STACK_RANGE  .type = CONFIG_TYPE_SIZE, .min = 256 * KIB, .max = SIZE_MAX_B
#define BYTES_RANGE  .type = CONFIG_TYPE_SIZE, .min = 0, .max = SIZE_MAX_B
#define CPU_RANGE    .type = CONFIG_TYPE_SECONDS, .min = 1, .max = A_YEAR_S
#define NOFILE_RANGE .type = CONFIG_TYPE_UINT, .min = 64, .max = 1048576
#define NPROC_RANGE  .type = CONFIG_TYPE_UINT, .min = 1, .max = 4194304

/* Sections stand together; within one, in the order in which a person would want to read. */
static const struct config_key table[] = {
	{ TOP("control_socket", control_socket), .type = CONFIG_TYPE_PATH, .is_fixed = true,
		.max = PATH_BYTES, .value = LSAPID_RUNDIR "/control.sock",
		.help = "Socket that mod_lsapi and lsapidctl connect to. Owner root, group "
			"apache_group, mode 0660." },
	{ TOP("runtime_dir", runtime_dir), .type = CONFIG_TYPE_PATH, .is_fixed = true,
		.max = PATH_BYTES, .value = LSAPID_RUNDIR,
		.help = "Directory of the lock and of pools/, where the sockets of PHP are. One "
			"daemon per directory." },
	{ TOP("key_file", key_file), .type = CONFIG_TYPE_PATH, .is_fixed = true, .max = PATH_BYTES,
		.value = LSAPID_STATEDIR "/shim.key",
		.help = "Secret by which Apache proves that root started it. Made when missing, "
			"mode 0600." },
	{ TOP("manager_user", manager_user), .type = CONFIG_TYPE_NAME, .is_fixed = true,
		.max = NAME_BYTES, .value = LSAPID_MANAGER_USER,
		.help = "Account of lsapid-manager, which needs no rights at all. Ignored unless "
			"root starts lsapid." },
	{ TOP("apache_user", apache_user), .type = CONFIG_TYPE_NAME, .max = NAME_BYTES,
		.value = "www-data",
		.help = "Account of Apache: may use the control socket, and runs the scripts of "
			"sites that name no user." },
	{ TOP("apache_group", apache_group), .type = CONFIG_TYPE_NAME, .is_fixed = true,
		.max = NAME_BYTES, .value = "www-data",
		.help = "Group of the control socket, and of the scripts of sites that name no "
			"user." },
	{ TOP("shim_users", shim_users), .type = CONFIG_TYPE_NAME_LIST, .max = NAME_BYTES,
		.value = "",
		.help = "Further accounts of an Apache that may use the control socket; they "
			"have to be in apache_group." },
	{ TOP("admin_group", admin_group), .type = CONFIG_TYPE_NAME, .is_fixed = true,
		.max = NAME_BYTES, .value = "", .can_be_empty = true,
		.help = "Group whose members may use lsapidctl. Empty: root only." },
	{ TOP("admin_socket", admin_socket), .type = CONFIG_TYPE_PATH, .is_fixed = true,
		.max = PATH_BYTES, .value = LSAPID_RUNDIR "/admin.sock",
		.help = "Socket of admin_group: owner root, mode 0660. There is none without "
			"admin_group." },
	{ TOP("metrics", metrics), .type = CONFIG_TYPE_LISTEN, .is_fixed = true, .max = PATH_BYTES,
		.value = "", .can_be_empty = true,
		.help = "Where metrics are served over HTTP: 127.0.0.1:PORT, [::1]:PORT, or the "
			"path of a socket for admin_group. Empty: nowhere." },
	{ TOP("metrics_max_pools", metrics_max_pools), .type = CONFIG_TYPE_UINT, .min = 0,
		.max = 10000, .value = "1000",
		.help = "How many pools have metrics of their own; those of all others are added "
			"up." },
	{ TOP("pools_dir", pools_dir), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.value = LSAPID_CONFDIR "/pools.d",
		.help = "Directory of the pool files, *.conf: settings of one user or virtual "
			"host." },
	{ TOP("handler_map", handler_map), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES, .value = "",
		.can_be_empty = true,
		.help = "File with further handlers, one per line: its name and its binary. "
			"Empty: none." },
	{ TOP("cgroup_root", cgroup_root), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES, .value = "",
		.can_be_empty = true,
		.help = "Where the cgroup v2 tree is mounted, for pids.max of the accounts. Empty: "
			"found by itself." },
	{ TOP("log_level", log_level), .type = CONFIG_TYPE_LEVEL, .value = "info",
		.help = "Least important events that are logged: error, warn, notice, info or "
			"debug." },
	{ TOP("log_target", log_target), .type = CONFIG_TYPE_LOG_TARGET, .max = PATH_BYTES,
		.value = "stderr",
		.help = "Where the daemon's log goes: stderr (systemd's journal), syslog, or a "
			"file by its absolute path." },
	{ TOP("log_dir", log_dir), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.value = LSAPID_LOGDIR,
		.help = "Directory of the log files of pools. It must be root's, writable by "
			"nobody else, and no link." },
	{ TOP("log_rate", log_limits.one.per_s), .type = CONFIG_TYPE_UINT, .max = LOG_RATE_MAX,
		.value = "2",
		.help = "Lines per second that an event of one pool may log once log_burst is used "
			"up; the next one tells how many were left out. 0: any number." },
	{ TOP("log_burst", log_limits.one.burst), .type = CONFIG_TYPE_UINT, .min = 1,
		.max = LOG_RATE_MAX, .value = "20",
		.help = "Lines that an event of one pool may log at once." },
	{ TOP("log_rate_all", log_limits.all.per_s), .type = CONFIG_TYPE_UINT, .max = LOG_RATE_MAX,
		.value = "20", .help = "The same as log_rate, for all pools together." },
	{ TOP("log_burst_all", log_limits.all.burst), .type = CONFIG_TYPE_UINT, .min = 1,
		.max = LOG_RATE_MAX, .value = "1000",
		.help = "The same as log_burst, for all pools together." },
	{ TOP("uid_min", uid_min), .type = CONFIG_TYPE_UINT, .min = 1, .max = ID_MAX,
		.value = "100",
		.help = "Lowest user id that scripts may run as. Root never; apache_user always." },
	{ TOP("gid_min", gid_min), .type = CONFIG_TYPE_UINT, .min = 1, .max = ID_MAX,
		.value = "100",
		.help = "Lowest group id that scripts may run as. Root's never; apache_group with "
			"apache_user always." },
	{ TOP("max_pools", max_pools), .type = CONFIG_TYPE_UINT, .min = 1, .max = 1000000,
		.value = "10000", .help = "Most pools that may exist at once on this host." },
	{ TOP("max_children_total", max_children_total), .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 1000000, .value = "5000", .help = "Most PHP children, all pools together." },
	{ TOP("max_concurrent_starts", max_concurrent_starts), .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 256, .value = "16",
		.help = "Most pools that start PHP at the same moment; the others wait for their "
			"turn." },
	{ TOP("batch_scheduling", has_batch_scheduling), .type = CONFIG_TYPE_BOOL, .value = "on",
		.help = "Let PHP take over the processor when it is its turn, and not at once." },
	{ TOP("stop_grace", stop_grace_ms), .type = CONFIG_TYPE_MILLISECONDS,
		.max = 1000ULL * A_DAY_S, .value = "30s",
		.help = "How long a stop waits for requests that are under way." },
	{ TOP("manager_timeout", manager_timeout_ms), .type = CONFIG_TYPE_MILLISECONDS,
		.max = 1000ULL * A_DAY_S, .value = "60s",
		.help = "How long lsapid-manager may hang before another one takes its place. 0: "
			"for ever." },
	{ TOP("home_check", has_home_check), .type = CONFIG_TYPE_BOOL, .value = "off",
		.help = "Run no PHP for a user whose home directory does not exist." },
	{ TOP("document_root_check", has_document_root_check), .type = CONFIG_TYPE_BOOL,
		.value = "on",
		.help = "Run no PHP for a document root that belongs to neither the site's user "
			"nor root." },

	{ TOP("watch_php", has_watch_php), .type = CONFIG_TYPE_BOOL, .value = "on",
		.help = "Replace pools when the binary of their PHP, or a file that it reads when "
			"it starts, has changed." },
	{ TOP("replace_rate", replace_rate), .type = CONFIG_TYPE_UINT, .max = 1000, .value = "5",
		.help = "Pools per second that are replaced when their PHP has changed. 0: all at "
			"once." },
	{ TOP("criu_program", criu_program), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.value = "/usr/sbin/criu", .can_be_empty = true,
		.help = "CRIU, which freezes and thaws PHP. Like the binary of a handler. Empty, or "
			"not there: PHP is always started." },
	{ TOP("criu_time_limit", criu_time_limit_ms), .type = CONFIG_TYPE_MILLISECONDS, .min = 100,
		.max = 600000, .value = "10s",
		.help = "Longest that CRIU may take to freeze or thaw a PHP before it is "
			"ended." },
	{ TOP("criu_images_max", criu_images_max), .type = CONFIG_TYPE_SIZE, .max = MEMORY_MAX,
		.value = "10G",
		.help = "Room on the disk for all images of frozen PHP in one directory; the "
			"least recently used go first." },
	{ TOP("criu_image_max_age", criu_image_max_age_s), .type = CONFIG_TYPE_SECONDS,
		.max = A_YEAR_S, .value = "30d",
		.help = "How long an image is kept that no pool uses. 0: for ever." },

	{ HANDLER("binary", binary), .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.value = LSAPID_LIBEXECDIR "/lsphp",
		.help = "lsphp of this handler. It and every directory above it must be root's, "
			"writable by nobody else, and no link." },
	{ HANDLER("env", env), .type = CONFIG_TYPE_ENV_LIST, .max = 4096, .value = "",
		.help = "Environment variables for every lsphp of this handler, each "
			"\"NAME=value\"." },
	{ HANDLER("watch", watch), .type = CONFIG_TYPE_PATH_LIST, .max = PATH_BYTES, .value = "",
		.help = "Files and directories that this PHP reads when it starts, besides its "
			"binary. Empty: those of lsapid's own lsphp, else none." },

	{ DEFAULTS("children", children), .spec = SPEC_CHILDREN, .type = CONFIG_TYPE_UINT, .min = 2,
		.max = 10000, .value = "120",
		.help = "Most PHP children of a pool, that is requests served at once. Not set: "
			"less than the processes that the account may have." },
	{ DEFAULTS("max_idle", max_idle_s), .spec = SPEC_MAX_IDLE, .type = CONFIG_TYPE_SECONDS,
		.max = A_WEEK_S, .value = "300s",
		.help = "How long a PHP child waits for work before it exits. 0: for ever." },
	{ DEFAULTS("pgrp_max_idle", pgrp_max_idle_s), .spec = SPEC_PGRP_MAX_IDLE,
		.type = CONFIG_TYPE_SECONDS, .max = A_WEEK_S, .value = "30s",
		.help = "How long a pool stays when it has no work at all. 0: for ever." },
	{ DEFAULTS("max_reqs", max_reqs), .spec = SPEC_MAX_REQS, .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 2000000000, .value = "10000",
		.help = "Requests that a PHP child serves before it is replaced." },
	{ DEFAULTS("max_process_time", max_process_time_s), .spec = SPEC_MAX_PROCESS_TIME,
		.type = CONFIG_TYPE_SECONDS, .min = 1, .max = A_WEEK_S, .value = "300s",
		.help = "How long one request may run before it is killed." },
	{ DEFAULTS("max_lifetime", max_lifetime_s), .spec = SPEC_MAX_LIFETIME,
		.type = CONFIG_TYPE_SECONDS, .max = A_YEAR_S, .value = "0",
		.help = "How long a pool runs, give or take a tenth, before a fresh one takes its "
			"place; no request is lost. 0: for ever." },
	{ DEFAULTS("max_memory", max_memory), .spec = SPEC_MAX_MEMORY, .type = CONFIG_TYPE_SIZE,
		.max = MEMORY_MAX, .value = "0",
		.help = "Memory of its own that a PHP child may keep after a request; if it has "
			"more, it is replaced. 0: any." },
	{ DEFAULTS("path", path), .spec = SPEC_PATH, .type = CONFIG_TYPE_TEXT, .max = PATH_BYTES,
		.value = "/usr/local/bin:/usr/bin:/bin", .help = "PATH of lsphp." },
	{ DEFAULTS("children_max", children_max), .type = CONFIG_TYPE_UINT, .min = 2, .max = 10000,
		.value = "10000",
		.help = "Most that children may be, whoever sets it; the children_max of a pool "
			"file is stronger." },
	{ DEFAULTS("accept_notify", has_accept_notify), .spec = SPEC_ACCEPT_NOTIFY,
		.type = CONFIG_TYPE_BOOL, .value = "on",
		.help = "PHP tells that it has a connection when it takes it, not at each "
			"request." },
	{ DEFAULTS("coredump", has_coredump), .spec = SPEC_COREDUMP, .type = CONFIG_TYPE_BOOL,
		.value = "off", .help = "PHP that crashes may leave a core file." },
	{ DEFAULTS("user_ini", has_user_ini), .spec = SPEC_USER_INI, .type = CONFIG_TYPE_BOOL,
		.value = "off", .help = "PHP reads .user.ini files." },
	{ DEFAULTS("phprc", phprc), .spec = SPEC_PHPRC, .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.value = "", .can_be_empty = true,
		.help = "PHPRC of lsphp: where PHP looks for php.ini first. Empty: not set." },
	{ DEFAULTS("connection_pool", has_connection_pool), .spec = SPEC_CONNECTION_POOL,
		.type = CONFIG_TYPE_BOOL, .value = "on",
		.help = "Keep PHP children for further requests. off: one for each request." },
	{ DEFAULTS("max_connections", max_connections), .spec = SPEC_MAX_CONNECTIONS,
		.type = CONFIG_TYPE_UINT, .min = 1, .max = 10000, .value = "10000",
		.help = "Most PHP children that are kept for further requests; those beyond end "
			"with their request." },
	{ DEFAULTS("pgrp_max_reqs", pgrp_max_reqs), .spec = SPEC_PGRP_MAX_REQS,
		.type = CONFIG_TYPE_UINT, .max = 2000000000, .value = "0",
		.help = "Requests that a pool serves before a fresh one takes its place; no "
			"request is lost. 0: any number." },
	{ DEFAULTS("pgrp_max_crashes", pgrp_max_crashes), .spec = SPEC_PGRP_MAX_CRASHES,
		.type = CONFIG_TYPE_UINT, .max = 2000000000, .value = "0",
		.help = "PHP children of a pool that crash before a fresh pool takes its place. "
			"0: any number." },
	{ DEFAULTS("dump_debug_info", has_dump_debug_info), .spec = SPEC_DUMP_DEBUG_INFO,
		.type = CONFIG_TYPE_BOOL, .value = "off",
		.help = "Log what a PHP child does, and its open files, before it is ended for "
			"running too long." },
	{ DEFAULTS("slow_time", slow_time_s), .spec = SPEC_SLOW_TIME, .type = CONFIG_TYPE_SECONDS,
		.max = A_WEEK_S, .value = "0",
		.help = "Log which request runs for longer than this, and what its PHP does "
			"meanwhile. 0: never." },
	{ DEFAULTS("own_log", own_log), .spec = SPEC_OWN_LOG, .type = CONFIG_TYPE_CHOICE,
		.words = own_log_words, .value = "off",
		.help = "File in log_dir for all that PHP logs: one for each virtual host, or a "
			"common one; off: Apache's error log, and the daemon's." },
	{ DEFAULTS("criu", criu), .spec = SPEC_CRIU, .type = CONFIG_TYPE_CHOICE,
		.words = criu_words, .value = "auto",
		.help = "Freeze PHP when it is warm, and thaw it instead of starting it anew: auto "
			"(where that is faster, as measured), on or off." },
	{ DEFAULTS("initial_start", initial_start), .spec = SPEC_INITIAL_START,
		.type = CONFIG_TYPE_UINT, .max = 2000000000, .value = "15",
		.help = "Requests that a pool serves before its PHP is frozen. 0: never." },
	{ DEFAULTS("criu_images_dir", criu_images_dir), .spec = SPEC_CRIU_IMAGES_DIR,
		.type = CONFIG_TYPE_PATH, .max = PATH_BYTES, .value = LSAPID_STATEDIR "/criu",
		.help = "Directory of the images of frozen PHP; made when missing. It must be "
			"root's, writable by nobody else, and no link." },
	{ DEFAULTS("criu_reset_on_restart", has_criu_reset), .spec = SPEC_CRIU_RESET,
		.type = CONFIG_TYPE_BOOL, .value = "off",
		.help = "Remove the image of a pool when Apache stops or restarts." },
	{ DEFAULTS("criu_debug", has_criu_debug), .spec = SPEC_CRIU_DEBUG, .type = CONFIG_TYPE_BOOL,
		.value = "off",
		.help = "Log how PHP is frozen and thawed, and keep the long logs of CRIU." },
	{ DEFAULTS("nice", nice), .spec = SPEC_NICE, NICE_RANGE, OPTIONAL, .value = "",
		.help = "Priority of PHP, -20 (first) to 19 (last). Empty: that of lsapid." },
	{ DEFAULTS("oom_score_adj", oom_score_adj), .spec = SPEC_OOM_SCORE_ADJ, OOM_RANGE, OPTIONAL,
		.value = "",
		.help = "How soon the kernel ends PHP when memory runs out, -1000 (never) to 1000 "
			"(first). Empty: as lsapid, but not below 0." },
	{ DEFAULTS("limit_as", limit_as), .spec = SPEC_LIMIT_AS, AS_RANGE, ENDLESS, .value = "",
		.help = "Address space of a PHP process. Empty, as with all limits: that of "
			"lsapid." },
	{ DEFAULTS("limit_data", limit_data), .spec = SPEC_LIMIT_DATA, AS_RANGE, ENDLESS,
		.value = "", .help = "Data segment of a PHP process: heap and private memory." },
	{ DEFAULTS("limit_stack", limit_stack), .spec = SPEC_LIMIT_STACK, STACK_RANGE, ENDLESS,
		.value = "", .help = "Stack of a PHP process." },
	{ DEFAULTS("limit_memlock", limit_memlock), .spec = SPEC_LIMIT_MEMLOCK, BYTES_RANGE,
		ENDLESS, .value = "", .help = "Memory that a PHP process may lock." },
	{ DEFAULTS("limit_cpu", limit_cpu_s), .spec = SPEC_LIMIT_CPU, CPU_RANGE, ENDLESS,
		.value = "", .help = "CPU time of a PHP process in its whole life." },
	{ DEFAULTS("limit_nproc", limit_nproc), .spec = SPEC_LIMIT_NPROC, NPROC_RANGE, ENDLESS,
		.value = "", .help = "Processes of the user, all together." },
	{ DEFAULTS("limit_nofile", limit_nofile), .spec = SPEC_LIMIT_NOFILE, NOFILE_RANGE, OPTIONAL,
		.value = "", .help = "Descriptors of a PHP process." },
	{ DEFAULTS("limit_fsize", limit_fsize), .spec = SPEC_LIMIT_FSIZE, FSIZE_RANGE, ENDLESS,
		.value = "", .help = "Size of a file that PHP writes." },
	{ DEFAULTS("limit_core", limit_core), .spec = SPEC_LIMIT_CORE, BYTES_RANGE, ENDLESS,
		.value = "", .help = "Size of a core file; only with coredump = on." },

	{ DEFAULTS("when_busy", when_busy), .spec = SPEC_WHEN_BUSY, .type = CONFIG_TYPE_CHOICE,
		.words = when_busy_words, .value = "reject",
		.help = "What happens to a request when every child works: reject or queue." },
	{ DEFAULTS("queue_length", queue_length), .spec = SPEC_QUEUE_LENGTH,
		.type = CONFIG_TYPE_UINT, .min = 1, .max = 1024, .value = "1024",
		.help = "Most requests that wait in the queue of a pool." },
	{ DEFAULTS("queue_wait", queue_wait_ms), .spec = SPEC_QUEUE_WAIT,
		.type = CONFIG_TYPE_MILLISECONDS, .min = 1, .max = 1000ULL * A_DAY_S,
		.value = "300s", .help = "Longest that a request waits in the queue." },
	{ DEFAULTS("busy_status", busy_status), .spec = SPEC_BUSY_STATUS,
		.type = CONFIG_TYPE_CHOICE, .words = busy_status_words, .value = "507",
		.help = "Status of a request that is refused for lack of room: 507, or 503 with "
			"Retry-After." },
	{ DEFAULTS("user_file", has_user_file), .spec = SPEC_USER_FILE, .type = CONFIG_TYPE_BOOL,
		.value = "off",
		.help = "The user's own .lsapid.conf is read, and may tighten what is said here." },

	{ POOL("user"), .type = CONFIG_TYPE_NAME, .max = NAME_BYTES,
		.help = "Account whose PHP this is about: its name, or its user id." },
	{ POOL("vhosts"), .type = CONFIG_TYPE_HOST_LIST, .max = NAME_BYTES,
		.user = CONFIG_USER_SELECT,
		.help = "Virtual hosts (ServerName), *.example.org for all below it. Without: "
			"all of the user." },
	{ POOL("group"), .spec = SPEC_GROUP, .type = CONFIG_TYPE_NAME, .max = NAME_BYTES,
		.help = "Group that PHP runs with, its name or number, whatever Apache says." },
	{ POOL("handler"), .spec = SPEC_HANDLER, .type = CONFIG_TYPE_TEXT, .max = NAME_BYTES,
		.help = "Handler of lsapid.conf to use, whatever Apache asks for." },
	{ POOL("children"), .spec = SPEC_CHILDREN, .type = CONFIG_TYPE_UINT, .min = 2, .max = 10000,
		.user = CONFIG_USER_LOWER, .help = "Most PHP children: 2 to 10000." },
	{ POOL("children_max"), .type = CONFIG_TYPE_UINT, .min = 2, .max = 10000,
		.help = "Most that Apache's directive may ask for: 2 to 10000." },
	{ POOL("max_idle"), .spec = SPEC_MAX_IDLE, .type = CONFIG_TYPE_SECONDS, .max = A_WEEK_S,
		.user = CONFIG_USER_SHORTER,
		.help = "How long a PHP child waits for work before it exits. 0: for ever." },
	{ POOL("pgrp_max_idle"), .spec = SPEC_PGRP_MAX_IDLE, .type = CONFIG_TYPE_SECONDS,
		.max = A_WEEK_S, .user = CONFIG_USER_SHORTER,
		.help = "How long the pool stays when it has no work at all. 0: for ever." },
	{ POOL("max_reqs"), .spec = SPEC_MAX_REQS, .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 2000000000, .user = CONFIG_USER_LOWER,
		.help = "Requests that a PHP child serves." },
	{ POOL("max_process_time"), .spec = SPEC_MAX_PROCESS_TIME, .type = CONFIG_TYPE_SECONDS,
		.min = 1, .max = A_WEEK_S, .user = CONFIG_USER_LOWER,
		.help = "How long one request may run." },
	{ POOL("max_lifetime"), .spec = SPEC_MAX_LIFETIME, .type = CONFIG_TYPE_SECONDS,
		.max = A_YEAR_S, .user = CONFIG_USER_SHORTER,
		.help = "How long the pool runs before it is replaced. 0: for ever." },
	{ POOL("max_memory"), .spec = SPEC_MAX_MEMORY, .type = CONFIG_TYPE_SIZE, .max = MEMORY_MAX,
		.user = CONFIG_USER_SHORTER,
		.help = "Memory that a PHP child may keep after a request. 0: any." },
	{ POOL("accept_notify"), .spec = SPEC_ACCEPT_NOTIFY, .type = CONFIG_TYPE_BOOL,
		.help = "on or off, as in defaults." },
	{ POOL("coredump"), .spec = SPEC_COREDUMP, .type = CONFIG_TYPE_BOOL,
		.help = "on: PHP that crashes may leave a core file." },
	{ POOL("user_ini"), .spec = SPEC_USER_INI, .type = CONFIG_TYPE_BOOL,
		.user = CONFIG_USER_LOWER, .help = "on: PHP reads .user.ini files." },
	{ POOL("path"), .spec = SPEC_PATH, .type = CONFIG_TYPE_TEXT, .max = PATH_BYTES,
		.help = "PATH of lsphp." },
	{ POOL("phprc"), .spec = SPEC_PHPRC, .type = CONFIG_TYPE_PATH, .max = PATH_BYTES,
		.can_be_empty = true, .help = "PHPRC of lsphp. Empty: not set." },
	{ POOL("when_busy"), .spec = SPEC_WHEN_BUSY, .type = CONFIG_TYPE_CHOICE,
		.words = when_busy_words,
		.help = "What happens to a request when every child works: reject or queue." },
	{ POOL("queue_length"), .spec = SPEC_QUEUE_LENGTH, .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 1024, .user = CONFIG_USER_LOWER,
		.help = "Most requests that wait in the queue: 1 to 1024." },
	{ POOL("queue_wait"), .spec = SPEC_QUEUE_WAIT, .type = CONFIG_TYPE_MILLISECONDS, .min = 1,
		.max = 1000ULL * A_DAY_S, .help = "Longest that a request waits in the queue." },
	{ POOL("busy_status"), .spec = SPEC_BUSY_STATUS, .type = CONFIG_TYPE_CHOICE,
		.words = busy_status_words,
		.help = "Status of a request that is refused for lack of room: 507 or 503." },
	{ POOL("connection_pool"), .spec = SPEC_CONNECTION_POOL, .type = CONFIG_TYPE_BOOL,
		.help = "off: a PHP child for each request." },
	{ POOL("max_connections"), .spec = SPEC_MAX_CONNECTIONS, .type = CONFIG_TYPE_UINT, .min = 1,
		.max = 10000, .help = "Most PHP children that are kept for further requests." },
	{ POOL("pgrp_max_reqs"), .spec = SPEC_PGRP_MAX_REQS, .type = CONFIG_TYPE_UINT,
		.max = 2000000000,
		.help = "Requests that the pool serves before it is replaced. 0: any number." },
	{ POOL("pgrp_max_crashes"), .spec = SPEC_PGRP_MAX_CRASHES, .type = CONFIG_TYPE_UINT,
		.max = 2000000000,
		.help = "PHP children that crash before the pool is replaced. 0: any number." },
	{ POOL("dump_debug_info"), .spec = SPEC_DUMP_DEBUG_INFO, .type = CONFIG_TYPE_BOOL,
		.help = "on: log what a PHP child does before it is ended for running too long." },
	{ POOL("slow_time"), .spec = SPEC_SLOW_TIME, .type = CONFIG_TYPE_SECONDS, .max = A_WEEK_S,
		.help = "Log which request runs for longer than this, and what its PHP does. 0: never." },
	{ POOL("own_log"), .spec = SPEC_OWN_LOG, .type = CONFIG_TYPE_CHOICE, .words = own_log_words,
		.help = "File in log_dir for all that PHP logs: vhost, common or off; log is "
			"stronger." },
	{ POOL("criu"), .spec = SPEC_CRIU, .type = CONFIG_TYPE_CHOICE, .words = criu_words,
		.help = "Freeze PHP when it is warm, and thaw it: auto, on or off." },
	{ POOL("initial_start"), .spec = SPEC_INITIAL_START, .type = CONFIG_TYPE_UINT,
		.max = 2000000000,
		.help = "Requests that the pool serves before its PHP is frozen. 0: never." },
	{ POOL("criu_images_dir"), .spec = SPEC_CRIU_IMAGES_DIR, .type = CONFIG_TYPE_PATH,
		.max = PATH_BYTES, .help = "Directory of the images of its frozen PHP." },
	{ POOL("criu_reset_on_restart"), .spec = SPEC_CRIU_RESET, .type = CONFIG_TYPE_BOOL,
		.help = "on: remove its image when Apache stops or restarts." },
	{ POOL("criu_debug"), .spec = SPEC_CRIU_DEBUG, .type = CONFIG_TYPE_BOOL,
		.help = "on: log how its PHP is frozen and thawed." },
	{ POOL("nice"), .spec = SPEC_NICE, NICE_RANGE, OPTIONAL, .user = CONFIG_USER_HIGHER,
		.help = "Priority of PHP, -20 (first) to 19 (last)." },
	{ POOL("oom_score_adj"), .spec = SPEC_OOM_SCORE_ADJ, OOM_RANGE, OPTIONAL,
		.help = "How soon the kernel ends PHP when memory runs out, -1000 to 1000." },
	{ POOL("limit_as"), .spec = SPEC_LIMIT_AS, AS_RANGE, ENDLESS,
		.help = "Address space of a PHP process: 512M, unlimited; empty: lsapid's." },
	{ POOL("limit_data"), .spec = SPEC_LIMIT_DATA, AS_RANGE, ENDLESS,
		.help = "Data segment of a PHP process: 512M, unlimited." },
	{ POOL("limit_stack"), .spec = SPEC_LIMIT_STACK, STACK_RANGE, ENDLESS,
		.help = "Stack of a PHP process: 8M, unlimited." },
	{ POOL("limit_memlock"), .spec = SPEC_LIMIT_MEMLOCK, BYTES_RANGE, ENDLESS,
		.help = "Memory that a PHP process may lock: 64K, unlimited." },
	{ POOL("limit_cpu"), .spec = SPEC_LIMIT_CPU, CPU_RANGE, ENDLESS,
		.help = "CPU time of a PHP process in its whole life: 10m, unlimited." },
	{ POOL("limit_nproc"), .spec = SPEC_LIMIT_NPROC, NPROC_RANGE, ENDLESS,
		.help = "Processes of the user: a number, or unlimited." },
	{ POOL("limit_nofile"), .spec = SPEC_LIMIT_NOFILE, NOFILE_RANGE, OPTIONAL,
		.help = "Descriptors of a PHP process: 64 to 1048576." },
	{ POOL("limit_fsize"), .spec = SPEC_LIMIT_FSIZE, FSIZE_RANGE, ENDLESS,
		.help = "Size of a file that PHP writes: 1G, unlimited." },
	{ POOL("limit_core"), .spec = SPEC_LIMIT_CORE, BYTES_RANGE, ENDLESS,
		.help = "Size of a core file, only with coredump = on: 100M, unlimited." },
	{ POOL("php_ini"), .spec = SPEC_INI_PREFIX, .type = CONFIG_TYPE_INI_LIST, .max = 2048,
		.help = "Settings of PHP as in php.ini, each \"name=value\"." },
	{ POOL("log"), .type = CONFIG_TYPE_FILE, .max = NAME_BYTES,
		.help = "File in log_dir that gets what PHP writes to its stderr. Without: the "
			"daemon's log does." },
	{ POOL("user_file"), .spec = SPEC_USER_FILE, .type = CONFIG_TYPE_BOOL,
		.help = "on: the user's own .lsapid.conf is read, and may tighten this." },
	{ POOL("env"), .spec = SPEC_ENV_PREFIX, .type = CONFIG_TYPE_ENV_LIST, .max = 2048,
		.user = CONFIG_USER_ADD,
		.help = "Environment variables of lsphp, each \"NAME=value\"; not PATH, HTTP_*, "
			"LSAPI_*, PHP_LSAPI_*, LSPHP_*." },
};

const struct config_key *config_table(size_t *ret_count)
{
	*ret_count = sizeof(table) / sizeof(table[0]);
	return table;
}

const struct config_key *config_find_key(enum config_section section, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].section == section && strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

const struct config_key *config_find_spec(enum config_section section, const char *spec)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].section == section && table[i].spec &&
			strcmp(table[i].spec, spec) == 0)
			return &table[i];
	}
	return NULL;
}

const char *config_section_name(enum config_section section)
{
	static const char *const names[CONFIG_SECTION_COUNT] = {
		[CONFIG_SECTION_TOP] = "",
		[CONFIG_SECTION_HANDLER] = "handler",
		[CONFIG_SECTION_DEFAULTS] = "defaults",
		[CONFIG_SECTION_POOL] = "pool",
	};

	return names[section];
}
