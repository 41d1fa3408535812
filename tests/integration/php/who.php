<?php
header('Content-Type: application/json');
echo json_encode([
	'uid' => posix_getuid(), 'euid' => posix_geteuid(), 'gid' => posix_getgid(),
	'groups' => posix_getgroups(), 'user' => posix_getpwuid(posix_getuid())['name'],
	'script_owner' => get_current_user(), 'pid' => getmypid(), 'ppid' => posix_getppid(),
	'sapi' => PHP_SAPI, 'cwd' => getcwd(), 'vhost' => $_SERVER['SERVER_NAME'],
]);
