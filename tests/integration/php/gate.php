<?php
/* Says at once who runs it, and ends when nobody holds the lock of ?gate= any more. */
while (ob_get_level()) {
	ob_end_flush();
}
echo json_encode([
	'uid' => posix_getuid(), 'gid' => posix_getgid(), 'groups' => posix_getgroups(),
	'user' => posix_getpwuid(posix_geteuid())['name'], 'script_owner' => get_current_user(),
	'vhost' => $_SERVER['SERVER_NAME'], 'docroot' => $_SERVER['DOCUMENT_ROOT'],
	'pid' => getmypid(), 'ppid' => posix_getppid(),
]), "\n";
flush();
$gate = fopen($_GET['gate'], 'r');
flock($gate, LOCK_SH);
echo "end\n";
