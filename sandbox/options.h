/* Subcommands of holdout-box. */
#pragma once

int run_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
