-- Takes Warden Link apart in Wireshark and tshark: frames, checksums, handshakes, messages by field name; with the keys of
-- a session (WARDEN_KEYLOG) the sealed messages too. README.md beside it says how to use it.

local link = Proto("warden", "Warden Link")

local kinds = { [0] = "plain", [1] = "handshake", [2] = "sealed", [3] = "notice", [4] = "turn" }
local notices = {
    [1] = "the peer left", [2] = "every session is taken", [3] = "the handshake took too long",
    [4] = "the handshake failed", [5] = "the client was silent", [6] = "the client does not read",
    [7] = "not encrypted", [8] = "the role expired", [9] = "counters used up", [10] = "the board is stopping",
}
local seal_states = { [0] = "no key", [1] = "opened", [2] = "tag wrong" }

local fields = {
    version = ProtoField.uint8("warden.version", "Version", base.DEC, nil, 0xF0),
    kind = ProtoField.uint8("warden.kind", "Kind", base.DEC, kinds, 0x0F),
    payload = ProtoField.bytes("warden.payload", "Payload"),
    crc = ProtoField.uint32("warden.crc", "CRC-32C", base.HEX),
    crc_good = ProtoField.bool("warden.crc.good", "CRC-32C is right"),
    corrupt = ProtoField.bytes("warden.corrupt", "Bytes that are no frame"),
    notice = ProtoField.uint8("warden.notice", "Notice", base.DEC, notices),
    ephemeral = ProtoField.bytes("warden.handshake.ephemeral", "Ephemeral key"),
    static = ProtoField.bytes("warden.handshake.static", "Static key, sealed"),
    handshake_payload = ProtoField.bytes("warden.handshake.payload", "Payload, sealed"),
    counter = ProtoField.uint32("warden.counter", "Counter", base.DEC),
    sealed = ProtoField.bytes("warden.sealed", "Sealed message"),
    tag = ProtoField.bytes("warden.tag", "Tag"),
    seal_state = ProtoField.uint8("warden.sealed.state", "Seal", base.DEC, seal_states),
    to_board = ProtoField.bool("warden.to_board", "To the board"),
}
link.fields = fields

local bad_crc = ProtoExpert.new("warden.crc.bad", "Checksum is wrong", expert.group.CHECKSUM, expert.severity.ERROR)
local no_frame = ProtoExpert.new("warden.corrupt.bytes", "No frame", expert.group.MALFORMED, expert.severity.WARN)
local bad_tag = ProtoExpert.new("warden.tag.bad", "Tag is wrong", expert.group.SECURITY, expert.severity.ERROR)
link.experts = { bad_crc, no_frame, bad_tag }

link.prefs.port = Pref.uint("TCP port", 7321, "Port that boards listen at")
link.prefs.keylog = Pref.string("Key log", os.getenv("WARDEN_KEYLOG") or "", "File with the keys of sessions (WARDEN_KEYLOG)")

local band, bor, bxor, bnot = bit32.band, bit32.bor, bit32.bxor, bit32.bnot
local lshift, rshift, lrotate = bit32.lshift, bit32.rshift, bit32.lrotate

---------------------------------------------------------------------------------------------------------------------------
-- Frames

local crc_table = {}
for index = 0, 255 do
    local value = index
    for _ = 1, 8 do
        value = band(value, 1) ~= 0 and bxor(rshift(value, 1), 0x82F63B78) or rshift(value, 1)
    end
    crc_table[index] = value
end

local function crc32c(text)
    local crc = 0xFFFFFFFF
    for index = 1, #text do
        crc = bxor(crc_table[band(bxor(crc, text:byte(index)), 0xFF)], rshift(crc, 8))
    end
    return bnot(crc)
end

-- The bytes that were stuffed; nil if they are no COBS.
local function unstuff(text)
    local parts, position = {}, 1
    while position <= #text do
        local code = text:byte(position)
        if position + code - 1 > #text then return nil end
        parts[#parts + 1] = text:sub(position + 1, position + code - 1)
        position = position + code
        if code < 0xFF and position <= #text then parts[#parts + 1] = "\0" end
    end
    return table.concat(parts)
end

local function little_endian(text, position)
    local a, b, c, d = text:byte(position, position + 3)
    return a + b * 0x100 + c * 0x10000 + d * 0x1000000
end

local function word_bytes(word)
    return string.char(band(word, 0xFF), band(rshift(word, 8), 0xFF), band(rshift(word, 16), 0xFF), rshift(word, 24))
end

---------------------------------------------------------------------------------------------------------------------------
-- ChaCha20-Poly1305 (RFC 8439), as the API of Wireshark 4.0 has no ciphers

local function chacha_block(key, counter, nonce)
    local state = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }
    for index = 0, 7 do state[5 + index] = little_endian(key, 1 + 4 * index) end
    state[13] = counter
    for index = 0, 2 do state[14 + index] = little_endian(nonce, 1 + 4 * index) end
    local x = {}
    for index = 1, 16 do x[index] = state[index] end
    local function quarter(a, b, c, d)
        x[a] = band(x[a] + x[b], 0xFFFFFFFF); x[d] = lrotate(bxor(x[d], x[a]), 16)
        x[c] = band(x[c] + x[d], 0xFFFFFFFF); x[b] = lrotate(bxor(x[b], x[c]), 12)
        x[a] = band(x[a] + x[b], 0xFFFFFFFF); x[d] = lrotate(bxor(x[d], x[a]), 8)
        x[c] = band(x[c] + x[d], 0xFFFFFFFF); x[b] = lrotate(bxor(x[b], x[c]), 7)
    end
    for _ = 1, 10 do
        quarter(1, 5, 9, 13); quarter(2, 6, 10, 14); quarter(3, 7, 11, 15); quarter(4, 8, 12, 16)
        quarter(1, 6, 11, 16); quarter(2, 7, 12, 13); quarter(3, 8, 9, 14); quarter(4, 5, 10, 15)
    end
    local parts = {}
    for index = 1, 16 do parts[index] = word_bytes(band(x[index] + state[index], 0xFFFFFFFF)) end
    return table.concat(parts)
end

local function chacha(key, nonce, text)
    local parts = {}
    for start = 1, #text, 64 do
        local stream = chacha_block(key, 1 + (start - 1) / 64, nonce)
        local piece = text:sub(start, start + 63)
        local bytes = {}
        for index = 1, #piece do bytes[index] = string.char(bxor(piece:byte(index), stream:byte(index))) end
        parts[#parts + 1] = table.concat(bytes)
    end
    return table.concat(parts)
end

-- Numbers of 130 bits as ten limbs of 13 bits, so that sums of products stay exact in a double.
local function limbs(text)
    local result, bits, count, position = {}, 0, 0, 1
    for limb = 1, 10 do
        while count < 13 and position <= #text do
            bits = bits + text:byte(position) * 2 ^ count
            count = count + 8
            position = position + 1
        end
        result[limb] = bits % 0x2000
        bits = math.floor(bits / 0x2000)
        count = math.max(0, count - 13)
    end
    return result
end

local function poly1305(key, text)
    local clamped = {}
    for index = 1, 16 do
        local byte = key:byte(index)
        if index % 4 == 0 then byte = band(byte, 15) end
        if index == 5 or index == 9 or index == 13 then byte = band(byte, 252) end
        clamped[index] = string.char(byte)
    end
    local r, h = limbs(table.concat(clamped)), { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
    local function carry()
        for _ = 1, 2 do
            local over = 0
            for limb = 1, 10 do
                local sum = h[limb] + over
                h[limb] = sum % 0x2000
                over = math.floor(sum / 0x2000)
            end
            h[1] = h[1] + 5 * over
        end
    end
    for start = 1, #text, 16 do
        local block = limbs(text:sub(start, start + 15) .. "\1")
        local product = {}
        for limb = 1, 10 do h[limb] = h[limb] + block[limb] end
        for i = 1, 10 do
            local sum = 0
            for j = 1, 10 do
                local k = i - j + 1
                sum = sum + (k >= 1 and h[j] * r[k] or 5 * h[j] * r[k + 10])
            end
            product[i] = sum
        end
        h = product
        carry()
    end
    carry()
    -- What is left above 2^130 - 5 is taken off.
    local reduced, over = {}, 5
    for limb = 1, 10 do
        local sum = h[limb] + over
        reduced[limb] = sum % 0x2000
        over = math.floor(sum / 0x2000)
    end
    if over > 0 then h = reduced end
    local bytes, bits, count, limb = {}, 0, 0, 1
    over = 0
    for index = 1, 16 do
        while count < 8 and limb <= 10 do
            bits = bits + h[limb] * 2 ^ count
            count = count + 13
            limb = limb + 1
        end
        local sum = bits % 256 + key:byte(16 + index) + over
        bytes[index] = string.char(sum % 256)
        over = math.floor(sum / 256)
        bits = math.floor(bits / 256)
        count = count - 8
    end
    return table.concat(bytes)
end

local function padded(text) return text .. string.rep("\0", -#text % 16) end

local function length_bytes(count) return word_bytes(count) .. "\0\0\0\0" end

local function tag_of(key, nonce, associated, sealed)
    local one_time = chacha_block(key, 0, nonce):sub(1, 32)
    return poly1305(
        one_time, padded(associated) .. padded(sealed) .. length_bytes(#associated) .. length_bytes(#sealed))
end

local function nonce_of(counter) return "\0\0\0\0" .. word_bytes(counter) .. "\0\0\0\0" end

-- The key after `epoch` changes, each of which seals zeros with the largest counter.
local function key_of_epoch(key, epoch)
    for _ = 1, epoch do key = chacha(key, "\0\0\0\0\255\255\255\255\255\255\255\255", string.rep("\0", 32)) end
    return key
end

---------------------------------------------------------------------------------------------------------------------------
-- Sessions

local keys_by_ephemeral, conversations = {}, {}

local function unhexadecimal(text)
    return (text:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function read_keys()
    keys_by_ephemeral = {}
    local file = link.prefs.keylog ~= "" and io.open(link.prefs.keylog)
    if not file then return end
    for line in file:lines() do
        local ephemeral, client, board = line:match("^WARDEN_SESSION (%x+) (%x+) (%x+)")
        if ephemeral and #client == 64 and #board == 64 then
            keys_by_ephemeral[unhexadecimal(ephemeral)] = {
                client = { [0] = unhexadecimal(client) }, board = { [0] = unhexadecimal(board) },
            }
        end
    end
    file:close()
end

function link.init()
    conversations = {}
    read_keys()
end

local function conversation_of(pinfo)
    local low, high = math.min(pinfo.src_port, pinfo.dst_port), math.max(pinfo.src_port, pinfo.dst_port)
    local ends = { tostring(pinfo.src), tostring(pinfo.dst) }
    table.sort(ends)
    local name = table.concat({ ends[1], ends[2], low, high }, " ")
    conversations[name] = conversations[name] or { handshakes = {} }
    return conversations[name]
end

-- The board is where the first handshake went, or at the port that boards listen at.
local function is_to_board(conversation, pinfo)
    if conversation.board_port then return pinfo.dst_port == conversation.board_port end
    return pinfo.dst_port == link.prefs.port
end

local function session_at(conversation, number)
    local found
    for _, handshake in ipairs(conversation.handshakes) do
        if handshake.number <= number then found = keys_by_ephemeral[handshake.ephemeral] end
    end
    return found
end

local function open_sealed(session, to_board, payload)
    if not session then return 0 end
    local keys = to_board and session.client or session.board
    local counter = little_endian(payload, 1)
    local epoch = rshift(counter, 16)
    keys[epoch] = keys[epoch] or key_of_epoch(keys[0], epoch)
    local sealed, tag, nonce = payload:sub(5, -17), payload:sub(-16), nonce_of(counter)
    if tag_of(keys[epoch], nonce, "\18", sealed) ~= tag then return 2 end
    return 1, chacha(keys[epoch], nonce, sealed)
end

---------------------------------------------------------------------------------------------------------------------------
-- Dissection

local protobuf = Dissector.get("protobuf")

local function as_tvb(text, name)
    local bytes = ByteArray.new()
    bytes:set_size(#text)
    for index = 1, #text do bytes:set_index(index - 1, text:byte(index)) end
    return bytes:tvb(name)
end

local function show_message(text, type, pinfo, tree)
    if #text == 0 then return end
    pinfo.private["pb_msg_type"] = "message," .. type
    protobuf:call(as_tvb(text, "Message"), pinfo, tree)
end

local function show_handshake(payload, tvb, pinfo, tree, conversation)
    conversation.board_port = conversation.board_port or pinfo.dst_port
    tree:add(fields.ephemeral, tvb(0, 32))
    if is_to_board(conversation, pinfo) then
        if not pinfo.visited then
            table.insert(conversation.handshakes, { number = pinfo.number, ephemeral = payload:sub(1, 32) })
        end
        tree:add(fields.static, tvb(32, 48))
        tree:add(fields.handshake_payload, tvb(80))
        return "handshake of the client"
    end
    tree:add(fields.handshake_payload, tvb(32))
    return "answer to the handshake"
end

local function show_sealed(payload, tvb, pinfo, tree, conversation)
    local to_board = is_to_board(conversation, pinfo)
    tree:add_le(fields.counter, tvb(0, 4))
    tree:add(fields.sealed, tvb(4, tvb:len() - 20))
    local tag = tree:add(fields.tag, tvb(tvb:len() - 16))
    local state, message = open_sealed(session_at(conversation, pinfo.number), to_board, payload)
    tree:add(fields.seal_state, state):set_generated()
    if state == 2 then tag:add_proto_expert_info(bad_tag) end
    if message then show_message(message, to_board and "warden.v1.Request" or "warden.v1.Response", pinfo, tree) end
    return "sealed " .. little_endian(payload, 1) .. (state == 0 and "" or ", " .. seal_states[state])
end

-- One frame without its delimiter.
local function show_frame(range, pinfo, root)
    local stuffed = range:raw()
    local tree = root:add(link, range)
    local body = unstuff(stuffed)
    if not body or #body < 5 then
        tree:add(fields.corrupt, range):add_proto_expert_info(no_frame)
        return "no frame"
    end
    local tvb = as_tvb(body, "Frame")
    local kind, payload = band(body:byte(1), 0x0F), body:sub(2, -5)
    local conversation = conversation_of(pinfo)
    tree:add(fields.version, tvb(0, 1))
    tree:add(fields.kind, tvb(0, 1))
    local is_good = little_endian(body, #body - 3) == crc32c(body:sub(1, -5))
    local crc = tree:add_le(fields.crc, tvb(#body - 4, 4))
    crc:add(fields.crc_good, is_good):set_generated()
    if not is_good then
        crc:add_proto_expert_info(bad_crc)
        return "checksum wrong"
    end
    if rshift(body:byte(1), 4) ~= 1 then return "version " .. rshift(body:byte(1), 4) end
    local text = kinds[kind] or ("kind " .. kind)
    local payload_tvb = #payload > 0 and as_tvb(payload, "Payload") or nil
    if kind == 0 then
        local to_board = is_to_board(conversation, pinfo)
        show_message(payload, to_board and "warden.v1.Request" or "warden.v1.Response", pinfo, tree)
        text = to_board and "request" or "response"
    elseif kind == 1 and #payload >= 48 then
        text = show_handshake(payload, payload_tvb, pinfo, tree, conversation)
    elseif kind == 2 and #payload >= 20 then
        text = show_sealed(payload, payload_tvb, pinfo, tree, conversation)
    elseif kind == 3 and #payload >= 1 then
        tree:add(fields.notice, payload_tvb(0, 1))
        text = "notice: " .. (notices[payload:byte(1)] or payload:byte(1))
    elseif #payload > 0 then
        tree:add(fields.payload, payload_tvb())
    end
    tree:add(fields.to_board, is_to_board(conversation, pinfo)):set_generated()
    tree:append_text(", " .. text)
    return text
end

function link.dissector(tvb, pinfo, root)
    pinfo.cols.protocol = "Warden"
    local texts, start = {}, 0
    for position = 0, tvb:len() - 1 do
        if tvb(position, 1):uint() == 0 then
            -- Two delimiters in a row mean nothing.
            if position > start then texts[#texts + 1] = show_frame(tvb(start, position - start), pinfo, root) end
            start = position + 1
        end
    end
    if #texts > 0 then pinfo.cols.info = table.concat(texts, "; ") end
    if start < tvb:len() then
        pinfo.desegment_offset = start
        pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
    end
    return tvb:len()
end

local ports = DissectorTable.get("tcp.port")
local registered

function link.prefs_changed()
    if registered then ports:remove(registered, link) end
    registered = link.prefs.port
    ports:add(registered, link)
    read_keys()
end

registered = link.prefs.port
ports:add(registered, link)
