<?php
/* Says that it runs (a file, and what it has so far), and goes on when another file is there. */
file_put_contents(__DIR__ . '/' . $_GET['name'] . '.pid', getmypid() . ' ' . posix_getppid());
rename(__DIR__ . '/' . $_GET['name'] . '.pid', __DIR__ . '/' . $_GET['name'] . '.running');
if (isset($_GET['first'])) {
	/* php.ini may buffer output: flush() alone would flush nothing */
	while (ob_get_level()) {
		ob_end_flush();
	}
	echo $_GET['first'];
	flush();
}
$until = __DIR__ . '/' . $_GET['name'] . '.go';
while (!file_exists($until)) {
	usleep(2000);
	clearstatcache();
}
echo $_GET['last'] ?? 'done';
