#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * PHP's headers in the order that they want. Included by the sapi files only.
 */

#include <php.h>

#include <SAPI.h>
#include <ext/standard/head.h>
#include <ext/standard/info.h>
#include <php_ini.h>
#include <php_ini_builder.h>
#include <php_main.h>
#include <php_output.h>
#include <php_variables.h>
#include <zend_exceptions.h>
#include <zend_signal.h>
#include <zend_stream.h>
