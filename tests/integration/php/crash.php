<?php
/* Notes that it ran, and dies by a signal: before any output, or in the middle of it. */
file_put_contents(__DIR__ . '/crash.count', "x", FILE_APPEND);
if (isset($_GET['first'])) {
	echo str_repeat('x', (int)$_GET['first']);
	flush();
}
posix_kill(getmypid(), (int)($_GET['signal'] ?? 9));
usleep(10000000);
