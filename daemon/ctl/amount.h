#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Figures in a few letters, for columns. Pure. */

#include <stdbool.h>
#include <stdint.h>

/** Room for each of them. */
#define AMOUNT_SIZE 24U

/** amount_age() - "12.3s", "5m", "3h", "2d": enough to see what is old. Return: @out */
const char *amount_age(double s, char out[AMOUNT_SIZE]);

/** amount_kib() - "812K", "12.3M", "4.5G". Return: @out */
const char *amount_kib(uint64_t kib, char out[AMOUNT_SIZE]);

/** amount_time() - processor time as ps has it: "0.05", "12:34.56" "1:02:03". Return: @out */
const char *amount_time(double s, char out[AMOUNT_SIZE]);
