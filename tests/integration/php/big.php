<?php
/* So many bytes, each block with its own number, so that none can be lost or exchanged. */
$left = (int)$_GET['bytes'];
header('Content-Type: application/octet-stream');
if (isset($_GET['length'])) {
	header('Content-Length: ' . $left);
}
for ($block = 0; $left > 0; $block++) {
	$text = substr(str_repeat(sprintf("%015d\n", $block), 512), 0, $left);
	$left -= strlen($text);
	echo $text;
}
