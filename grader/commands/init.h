/* What init, kit and try share. */
#pragma once

/* The directory, made when missing; -1 after a word on stderr. */
int init_dir(const char *command, const char *path);
