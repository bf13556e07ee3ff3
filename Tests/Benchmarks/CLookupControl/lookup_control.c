#include "lookup_control.h"

#include <stdlib.h>

struct slot {
    uint64_t low, high, content, more;
};

struct lookup_control {
    size_t mask;
    struct slot *slots;
};

struct lookup_control *lookup_control_new(size_t capacity) {
    size_t size = 16;
    while (size < capacity * 2) size <<= 1;
    struct lookup_control *table = malloc(sizeof *table);
    if (!table) abort();
    table->mask = size - 1;
    table->slots = calloc(size, sizeof *table->slots);
    if (!table->slots) abort();
    return table;
}

void lookup_control_put(struct lookup_control *table, uint64_t low, uint64_t high, uint64_t content) {
    size_t place = high & table->mask;
    while (table->slots[place].content) place = (place + 1) & table->mask;
    table->slots[place] = (struct slot){low, high, content, 0};
}

uint64_t lookup_control_find(const struct lookup_control *table, uint64_t low, uint64_t high) {
    size_t place = high & table->mask;
    while (table->slots[place].content) {
        if (table->slots[place].low == low && table->slots[place].high == high) return table->slots[place].content;
        place = (place + 1) & table->mask;
    }
    return 0;
}

size_t lookup_control_bytes(const struct lookup_control *table) { return (table->mask + 1) * sizeof(struct slot); }

void lookup_control_free(struct lookup_control *table) {
    free(table->slots);
    free(table);
}
