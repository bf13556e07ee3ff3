/// Linux as Swift needs it: what is variadic, a macro, behind `errno` or in a C library, each as one plain function.
///
/// Every function that can fail returns a negative `errno` value (such as -ENODEV), never -1 with `errno` beside it, and
/// says which it means. Nothing here allocates unless its comment says so, and nothing here decides anything.
#ifndef WARDEN_CLINUXHARDWARE_H
#define WARDEN_CLINUXHARDWARE_H

#include "warden_events.h"
#include "warden_files.h"
#include "warden_folder.h"
#include "warden_gpio.h"
#include "warden_i2c.h"
#include "warden_medium.h"
#include "warden_process.h"
#include "warden_serial.h"
#include "warden_sockets.h"
#include "warden_supervision.h"

#endif
