<?php
header('Content-Type: application/json');
$file = $_FILES['file'];
echo json_encode(['name' => $file['name'], 'error' => $file['error'], 'size' => $file['size'],
	'sha1' => $file['error'] ? null : sha1_file($file['tmp_name']), 'post' => $_POST]);
