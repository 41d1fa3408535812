<?php
/* The body as it came, and how PHP saw it. */
$body = file_get_contents('php://input');
header('Content-Type: application/octet-stream');
header('X-Method: ' . $_SERVER['REQUEST_METHOD']);
header('X-Sha1: ' . sha1($body));
header('X-Length: ' . strlen($body));
header('X-Content-Length: ' . ($_SERVER['CONTENT_LENGTH'] ?? 'none'));
header('X-Query: ' . ($_SERVER['QUERY_STRING'] ?? 'none'));
header('X-Pid: ' . getmypid());
echo $body;
