#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The commands that change a host. What fails half-way is undone. All return enum ctl_exit, and
 * have told why it is not CTL_OK.
 */

struct host;

int setup_install(struct host *h);
/** setup_light() - PHP handlers only */
int setup_light(struct host *h);
int setup_uninstall(struct host *h);
int setup_enable_global(struct host *h);
int setup_disable_global(struct host *h);
int setup_enable_domain(struct host *h, const char *domain);
int setup_disable_domain(struct host *h, const char *domain);
