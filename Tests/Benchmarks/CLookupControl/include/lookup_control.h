#ifndef WARDEN_LOOKUP_CONTROL_H
#define WARDEN_LOOKUP_CONTROL_H

#include <stddef.h>
#include <stdint.h>

// A control to measure against: the plainest hash table that C programs use, linear probing in a table twice as large as
// its content, sixteen bytes of hash and sixteen of content in one slot. It is faster to fill and takes three times the
// memory of the board's table.
struct lookup_control;

struct lookup_control *lookup_control_new(size_t capacity);
void lookup_control_put(struct lookup_control *table, uint64_t low, uint64_t high, uint64_t content);
// 0 where there is none.
uint64_t lookup_control_find(const struct lookup_control *table, uint64_t low, uint64_t high);
size_t lookup_control_bytes(const struct lookup_control *table);
void lookup_control_free(struct lookup_control *table);

#endif
