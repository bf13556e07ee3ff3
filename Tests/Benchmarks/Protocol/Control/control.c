// The peers of `make bench-protocol`: the same two messages through nanopb, MAVLink 2 and a layout written by hand, and
// libsodium's bare AEAD. Built and run by Tests/Benchmarks/Protocol/bench.
//
// usage: control PEER-MESSAGE-DIRECTION COUNT     PEER: nanopb mavlink fixed; MESSAGE: environment access;
//                                                 DIRECTION: encode decode
//        control aead-seal|aead-open COUNT BYTES
#include <pb_decode.h>
#include <pb_encode.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.pb.h"
#include "mavlink/bench/mavlink.h"

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint8_t wire[512];
static size_t wire_length;
// Results go here, so that no work is left out for being unused.
static volatile uint64_t sink;

#define TIME 1763791200000u
#define TAG 0x9A3C5E7F12345678u

static int fail(const char *what) {
    fprintf(stderr, "control: %s\n", what);
    exit(1);
}

// --- nanopb: no framing, no check -----------------------------------------------------------------------------------

static warden_bench_v1_EnvironmentSample nanopb_environment(uint64_t n) {
    return (warden_bench_v1_EnvironmentSample){TIME + n, 21480, 45200, 101325, 612, 8};
}

static warden_bench_v1_AccessSample nanopb_access(uint64_t n) {
    return (warden_bench_v1_AccessSample){TIME + n, 2, TAG, 1};
}

static void nanopb_encode(const pb_msgdesc_t *fields, const void *message) {
    pb_ostream_t stream = pb_ostream_from_buffer(wire, sizeof wire);
    if (!pb_encode(&stream, fields, message)) fail("nanopb does not encode");
    wire_length = stream.bytes_written;
}

static void nanopb_environment_encode(uint64_t n) {
    warden_bench_v1_EnvironmentSample message = nanopb_environment(n);
    nanopb_encode(warden_bench_v1_EnvironmentSample_fields, &message);
}

static void nanopb_access_encode(uint64_t n) {
    warden_bench_v1_AccessSample message = nanopb_access(n);
    nanopb_encode(warden_bench_v1_AccessSample_fields, &message);
}

static void nanopb_environment_decode(uint64_t n) {
    (void)n;
    warden_bench_v1_EnvironmentSample message = warden_bench_v1_EnvironmentSample_init_zero;
    pb_istream_t stream = pb_istream_from_buffer(wire, wire_length);
    if (!pb_decode(&stream, warden_bench_v1_EnvironmentSample_fields, &message)) fail("nanopb does not decode");
    sink += message.unix_ms + message.particulate_matter;
}

static void nanopb_access_decode(uint64_t n) {
    (void)n;
    warden_bench_v1_AccessSample message = warden_bench_v1_AccessSample_init_zero;
    pb_istream_t stream = pb_istream_from_buffer(wire, wire_length);
    if (!pb_decode(&stream, warden_bench_v1_AccessSample_fields, &message)) fail("nanopb does not decode");
    sink += message.unix_ms + message.credential_tag;
}

// --- MAVLink 2: frame, sequence number, CRC-16 ----------------------------------------------------------------------

static void mavlink_environment_encode(uint64_t n) {
    mavlink_message_t message;
    mavlink_msg_environment_sample_pack(1, 1, &message, TIME + n, 21480, 45200, 101325, 612, 8);
    wire_length = mavlink_msg_to_send_buffer(wire, &message);
}

static void mavlink_access_encode(uint64_t n) {
    mavlink_message_t message;
    mavlink_msg_access_sample_pack(1, 1, &message, TIME + n, TAG, 2, 1);
    wire_length = mavlink_msg_to_send_buffer(wire, &message);
}

static mavlink_message_t *mavlink_take(void) {
    static mavlink_message_t message;
    static mavlink_status_t status;
    for (size_t place = 0; place < wire_length; place++)
        if (mavlink_parse_char(MAVLINK_COMM_0, wire[place], &message, &status)) return &message;
    fail("MAVLink does not find its frame");
    return NULL;
}

static void mavlink_environment_decode(uint64_t n) {
    (void)n;
    mavlink_environment_sample_t sample;
    mavlink_msg_environment_sample_decode(mavlink_take(), &sample);
    sink += sample.unix_ms + sample.particulate_matter;
}

static void mavlink_access_decode(uint64_t n) {
    (void)n;
    mavlink_access_sample_t sample;
    mavlink_msg_access_sample_decode(mavlink_take(), &sample);
    sink += sample.unix_ms + sample.credential_tag;
}

// --- By hand: a type byte, the fields one after the other, CRC-16, COBS ---------------------------------------------

static uint16_t crc_table[256];

static void make_crc_table(void) {
    for (unsigned index = 0; index < 256; index++) {
        uint16_t value = (uint16_t)(index << 8);
        for (int bit = 0; bit < 8; bit++) value = (uint16_t)(value & 0x8000 ? value << 1 ^ 0x1021 : value << 1);
        crc_table[index] = value;
    }
}

static uint16_t crc16(const uint8_t *bytes, size_t count) {
    uint16_t crc = 0xFFFF;
    while (count--) crc = (uint16_t)(crc_table[(crc >> 8 ^ *bytes++) & 0xFF] ^ crc << 8);
    return crc;
}

static void stuff(const uint8_t *body, size_t count) {
    uint8_t *code = wire, *out = wire + 1;
    for (size_t place = 0; place < count; place++) {
        if (body[place] != 0) {
            *out++ = body[place];
        } else {
            *code = (uint8_t)(out - code);
            code = out++;
        }
    }
    *code = (uint8_t)(out - code);
    *out++ = 0;
    wire_length = (size_t)(out - wire);
}

static size_t unstuff(uint8_t *body) {
    const uint8_t *in = wire, *end = wire + wire_length - 1;
    uint8_t *out = body;
    while (in < end) {
        uint8_t code = *in++;
        if (code == 0 || in + code - 1 > end) fail("the frame is damaged");
        for (uint8_t rest = (uint8_t)(code - 1); rest > 0; rest--) *out++ = *in++;
        if (in < end) *out++ = 0;
    }
    return (size_t)(out - body);
}

static uint8_t *put(uint8_t *out, const void *value, size_t size) {
    memcpy(out, value, size);
    return out + size;
}

static void finish_fixed(uint8_t *body, uint8_t *out) {
    uint16_t crc = crc16(body, (size_t)(out - body));
    out = put(out, &crc, 2);
    stuff(body, (size_t)(out - body));
}

static void fixed_environment_encode(uint64_t n) {
    uint8_t body[64], *out = body;
    uint64_t time = TIME + n;
    int32_t temperature = 21480;
    uint32_t humidity = 45200, pressure = 101325;
    uint16_t carbon_dioxide = 612, particulate_matter = 8;
    *out++ = 1;
    out = put(out, &time, 8);
    out = put(out, &temperature, 4);
    out = put(out, &humidity, 4);
    out = put(out, &pressure, 4);
    out = put(out, &carbon_dioxide, 2);
    out = put(out, &particulate_matter, 2);
    finish_fixed(body, out);
}

static void fixed_access_encode(uint64_t n) {
    uint8_t body[64], *out = body;
    uint64_t time = TIME + n, tag = TAG;
    *out++ = 2;
    out = put(out, &time, 8);
    out = put(out, &tag, 8);
    *out++ = 2;
    *out++ = 1;
    finish_fixed(body, out);
}

static void fixed_decode(size_t expected) {
    uint8_t body[64];
    uint16_t crc;
    uint64_t time;
    size_t count = unstuff(body);
    if (count != expected) fail("the frame has another length");
    memcpy(&crc, body + count - 2, 2);
    if (crc != crc16(body, count - 2)) fail("the frame is damaged");
    memcpy(&time, body + 1, 8);
    sink += time + body[9];
}

static void fixed_environment_decode(uint64_t n) { (void)n, fixed_decode(27); }
static void fixed_access_decode(uint64_t n) { (void)n, fixed_decode(21); }

// --- libsodium's AEAD alone ------------------------------------------------------------------------------------------

static uint8_t key[32], plain[1024], sealed[1024 + 16];
static size_t plain_length;

static void nonce_of(uint64_t n, uint8_t nonce[12]) {
    memset(nonce, 0, 4);
    memcpy(nonce + 4, &n, 8);
}

static void aead_seal(uint64_t n) {
    uint8_t nonce[12];
    const uint8_t header = 0x12;
    nonce_of(n, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, plain, plain_length, &header, 1, NULL, nonce, key);
    sink += sealed[0];
}

static void aead_open(uint64_t n) {
    uint8_t nonce[12];
    const uint8_t header = 0x12;
    (void)n;
    nonce_of(0, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, sealed, plain_length + 16, &header, 1, nonce, key) != 0)
        fail("what was sealed does not open");
    sink += plain[0];
}

// ---------------------------------------------------------------------------------------------------------------------

static const struct {
    const char *name;
    void (*work)(uint64_t);
    // Makes what is decoded.
    void (*before)(uint64_t);
} pieces[] = {
    {"nanopb-environment-encode", nanopb_environment_encode, NULL},
    {"nanopb-environment-decode", nanopb_environment_decode, nanopb_environment_encode},
    {"nanopb-access-encode", nanopb_access_encode, NULL},
    {"nanopb-access-decode", nanopb_access_decode, nanopb_access_encode},
    {"mavlink-environment-encode", mavlink_environment_encode, NULL},
    {"mavlink-environment-decode", mavlink_environment_decode, mavlink_environment_encode},
    {"mavlink-access-encode", mavlink_access_encode, NULL},
    {"mavlink-access-decode", mavlink_access_decode, mavlink_access_encode},
    {"fixed-environment-encode", fixed_environment_encode, NULL},
    {"fixed-environment-decode", fixed_environment_decode, fixed_environment_encode},
    {"fixed-access-encode", fixed_access_encode, NULL},
    {"fixed-access-decode", fixed_access_decode, fixed_access_encode},
    {"aead-seal", aead_seal, NULL},
    {"aead-open", aead_open, aead_seal},
};

int main(int count, char **arguments) {
    if (count < 3) fail("usage: control PIECE COUNT [BYTES]");
    uint64_t times = strtoull(arguments[2], NULL, 10);
    plain_length = count > 3 ? strtoull(arguments[3], NULL, 10) : 0;
    if (plain_length > sizeof plain || sodium_init() < 0) fail("cannot begin");
    memset(key, 7, sizeof key);
    make_crc_table();
    for (size_t index = 0; index < sizeof pieces / sizeof *pieces; index++) {
        if (strcmp(pieces[index].name, arguments[1]) != 0) continue;
        if (pieces[index].before) pieces[index].before(0);
        int64_t start = now_ns();
        for (uint64_t n = 0; n < times; n++) pieces[index].work(n);
        int64_t elapsed = now_ns() - start;
        printf("{\"nanoseconds\": %lld, \"bytes\": %zu}\n", (long long)elapsed, wire_length);
        return 0;
    }
    return fail("no such piece");
}
