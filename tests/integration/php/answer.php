<?php
/* Answers as it is told: status, headers (header[]=), body. */
foreach ($_GET['header'] ?? [] as $line) {
	header($line, false);
}
if (isset($_GET['status'])) {
	http_response_code((int)$_GET['status']);
}
echo $_GET['body'] ?? '';
