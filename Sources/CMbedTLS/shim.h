#include <mbedtls/aes.h>
