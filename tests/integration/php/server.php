<?php
header('Content-Type: application/json');
echo json_encode(['server' => $_SERVER, 'env' => getenv(), 'get' => $_GET, 'post' => $_POST,
	'cookie' => $_COOKIE, 'sapi' => PHP_SAPI,
	'headers' => function_exists('getallheaders') ? getallheaders() : null]);
