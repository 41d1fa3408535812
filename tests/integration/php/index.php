<?php
echo 'page of ', $_SERVER['SERVER_NAME'], ' for ', posix_getpwuid(posix_getuid())['name'], "\n";
