// request_buffer - frames in, one request at a time out
//
// A frame whose first byte comes while listen, and not in the cycle of a take, is stored; if it ends
// well, request_valid rises, with request_opcode, request_sequence and request_bytes (of its
// payload), until request_taken. The payload is there to be read until listen or hear rises again:
// read_data is the byte at read_index, one cycle later. As they come, the bytes 2..8 of a frame being stored
// also show as field_write, field_index, field_data, so that arguments are in registers when the
// request is.
//
// The same while hear, but for an ABORT: such a request waits. Otherwise a frame that comes while
// !listen is not stored; if it is a good ABORT, abort_valid rises, with request_sequence, until
// abort_taken. While one of either is pending, frames that begin are lost altogether; but an ABORT that
// begins while !listen drops a request that waits.
//
// bad_frame is high for a cycle for every frame that ends badly or whose payload has more than
// REQUEST_BYTES. Beats are always taken; no two come in cycles that follow each other, so that what a
// first byte asks for is in registers.

`default_nettype none
`include "protocol.vh"

module request_buffer #(
    parameter REQUEST_BYTES = 512,
    parameter INDEX_W = 10          // REQUEST_BYTES + 6 <= 2^INDEX_W
) (
    input  wire               clk,
    input  wire               rst,
    input  wire [7:0]         s_data,
    input  wire               s_valid,
    output wire               s_ready,
    input  wire               s_last,
    input  wire               s_good,
    input  wire               listen,
    input  wire               hear,
    output wire               request_valid,
    input  wire               request_taken,
    output wire               abort_valid,
    input  wire               abort_taken,
    output wire [7:0]         request_opcode,
    output wire [7:0]         request_sequence,
    output wire [INDEX_W-1:0] request_bytes,
    output wire               field_write,
    output wire [3:0]         field_index,
    output wire [7:0]         field_data,
    input  wire [INDEX_W-1:0] read_index,
    output wire [7:0]         read_data,
    output wire               bad_frame
);

    localparam [INDEX_W-1:0] FCS_BYTES = 4;
    localparam [INDEX_W-1:0] ABORT_BYTES = 2;
    localparam [INDEX_W-1:0] FULL = REQUEST_BYTES;
    localparam [INDEX_W-1:0] BEYOND = REQUEST_BYTES + 5;  // length of all frames that are too long
    localparam ADDRESS_W = $clog2(REQUEST_BYTES);

    reg [7:0]         opcode_q;
    reg [7:0]         sequence_q;
    reg [INDEX_W-1:0] index_q;    // bytes of this frame so far, FCS included
    reg [INDEX_W-1:0] bytes_q;
    reg               first_q;    // index_q is 0,
    reg               low_q;      // below 16,
    reg               short_q;    // that of the shortest frames,
    reg               beyond_q;   // BEYOND
    reg               is_abort_q; // opcode_q is ABORT
    reg               store_q;    // this frame is being stored
    reg               watch_q;    // opcode_q and sequence_q are this frame's
    reg               early_q;    // this frame began while !listen
    reg               drop_q;     // an ABORT did so in the cycle before, and a request waits
    reg               request_q;
    reg               abort_q;

    wire beat = s_valid && !s_last;
    wire is_abort = s_data == `OP_ABORT;
    wire pending = (request_q && !request_taken) || (abort_q && !abort_taken);
    reg  open_q;    // a frame that begins is to be stored,
    reg  clear_q;   // and watched: not in the cycle of a take
    wire store = first_q ? open_q : store_q;
    wire watch = watch_q || drop_q;
    wire verdict = s_valid && s_last;
    wire good = verdict && s_good && !beyond_q;

    wire [INDEX_W-1:0] payload = index_q - FCS_BYTES;

    wire unused = &{1'b0, read_index};  // its top bit only tells the end from the beginning

    assign s_ready = 1'b1;
    assign request_valid = request_q && !drop_q;
    assign abort_valid = abort_q;
    assign request_opcode = opcode_q;
    assign request_sequence = sequence_q;
    assign request_bytes = bytes_q;
    assign field_write = beat && store_q && low_q && !first_q;
    assign field_index = index_q[3:0];
    assign field_data = s_data;
    assign bad_frame = verdict && !good;

    always @(posedge clk) begin
        drop_q <= beat && first_q && is_abort && !listen && request_q;
        if (request_taken || drop_q) request_q <= 1'b0;
        if (abort_taken) abort_q <= 1'b0;
        open_q <= (listen || hear) && !request_q && !abort_q;
        clear_q <= !pending;
        if (beat) begin
            store_q <= store;
            watch_q <= first_q ? clear_q : watch;
            if (first_q) early_q <= !listen;
            if (clear_q && first_q) begin
                opcode_q <= s_data;
                is_abort_q <= is_abort;
            end
            if (watch && index_q == 1) sequence_q <= s_data;
            if (!beyond_q) index_q <= index_q + 1'b1;
            short_q <= index_q == ABORT_BYTES + FCS_BYTES - 1;
            beyond_q <= beyond_q || index_q == BEYOND - 1;
            first_q <= 1'b0;
            low_q <= low_q && index_q[3:0] != 4'hf;
        end
        if (drop_q) begin
            opcode_q <= `OP_ABORT;
            is_abort_q <= 1'b1;
            watch_q <= 1'b1;
        end
        if (!first_q && is_abort_q && early_q) store_q <= 1'b0;
        if (verdict || rst) begin
            index_q <= 0;
            first_q <= 1'b1;
            low_q <= 1'b1;
            short_q <= 1'b0;
            beyond_q <= 1'b0;
        end
        if (good && store_q) begin
            request_q <= 1'b1;
            bytes_q <= payload;
        end
        if (good && !store_q && watch_q && is_abort_q && short_q)
            abort_q <= 1'b1;
        if (rst) begin
            drop_q <= 1'b0;
            request_q <= 1'b0;
            abort_q <= 1'b0;
        end
    end

    byte_buffer #(
        .BYTES  (REQUEST_BYTES),
        .INDEX_W(ADDRESS_W)
    ) u_byte_buffer (
        .clk        (clk),
        .write      (beat && store && index_q < FULL),
        .write_index(index_q[ADDRESS_W-1:0]),
        .write_data (s_data),
        .read       (1'b1),
        .read_index (read_index[ADDRESS_W-1:0]),
        .read_data  (read_data)
    );

endmodule

`default_nettype wire
