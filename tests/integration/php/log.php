<?php
/* PHP's own log, a notice, and the process's standard error. */
error_log('logged ' . $_GET['word']);
file_put_contents('php://stderr', 'raw ' . $_GET['word'] . "\n");
echo 'logged';
