// reply_buffer - the reply being made, and the last one kept for a host that did not hear it
//
// begin_reply starts a reply: opcode | 0x80, sequence, status 0; an append in the same cycle is
// late and lost. append adds a byte of data; if it does not fit into REPLY_BYTES the status becomes
// ST_TOO_LONG. A reply with another status than 0 has no data: fail sets one. The data of a HELLO
// are the constant HELLO, it takes no append.
//
// send (one cycle; the last append may come with it) sends the reply on m_*, one byte a cycle; sent
// is high with its last byte. It may be sent again, until begin_reply. No command may come between
// send and sent.
//
// repeated: request_sequence is that of this reply, and request_opcode not HELLO; settled in the
// second cycle after either changed.

`default_nettype none
`include "protocol.vh"

module reply_buffer #(
    parameter REPLY_BYTES = 512,  // of payload, 64 at least
    parameter INDEX_W = 10,       // REPLY_BYTES < 2^INDEX_W
    parameter [8*`HELLO_BYTES-1:0] HELLO = 0  // byte 0 is lowest
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       begin_reply,
    input  wire [7:0] request_opcode,
    input  wire [7:0] request_sequence,
    input  wire       append,
    input  wire [7:0] append_data,
    input  wire       fail,
    input  wire [1:0] fail_status,
    input  wire       send,
    output wire       sent,
    output wire       repeated,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready,
    output wire       m_last
);

    localparam [INDEX_W-1:0] HEADER = 3;
    localparam [INDEX_W-1:0] HELLO_END = 3 + `HELLO_BYTES;
    localparam [INDEX_W-1:0] FULL = REPLY_BYTES;
    localparam ADDRESS_W = $clog2(REPLY_BYTES);
    localparam [511:0] CONSTANT = {{512 - 24 - 8 * `HELLO_BYTES{1'b0}}, HELLO, 24'd0};

    reg [7:0]         opcode_q;
    reg [7:0]         sequence_q;
    reg [1:0]         status_q;
    reg [INDEX_W-1:0] length_q;   // of the reply so far
    reg [INDEX_W-1:0] next_q;     // index of the byte after the one being sent
    reg [INDEX_W-1:0] stop_q;     // index of the last byte
    reg               last_q;     // the byte being sent is the last
    reg               sending_q;
    reg               begun_q;    // there is a reply
    reg               repeated_q;

    wire               hello = opcode_q == `OP_HELLO;
    wire               full = length_q == FULL;
    wire               room = status_q == `ST_DONE && !full;
    wire               advance = sending_q && m_ready;
    wire [7:0]         stored;

    // The byte to be shown next, where it does not come from the memory.
    wire [7:0]         constant = CONSTANT[{next_q[5:0], 3'b000}+:8];
    reg  [7:0]         head_q;
    reg                stored_q;

    assign repeated = repeated_q;
    assign m_valid = sending_q;
    assign m_last = last_q;
    assign m_data = stored_q ? stored : head_q;
    assign sent = advance && m_last;

    always @(posedge clk) begin
        if (append && room) length_q <= length_q + 1'b1;
        if (append && full) begin
            status_q <= `ST_TOO_LONG;
            length_q <= HEADER;
        end
        if (fail) begin
            status_q <= fail_status;
            length_q <= HEADER;
        end
        if (begin_reply) begin
            opcode_q <= request_opcode;
            sequence_q <= request_sequence;
            status_q <= `ST_DONE;
            length_q <= request_opcode == `OP_HELLO ? HELLO_END : HEADER;
        end
        if (advance) begin
            next_q <= next_q + 1'b1;
            last_q <= next_q == stop_q;
        end
        if (sent) sending_q <= 1'b0;
        if (send) begin
            next_q <= 1;
            last_q <= 1'b0;  // there are three bytes at least
            sending_q <= 1'b1;
        end
        stop_q <= length_q - 1'b1;
        if (advance) begin
            head_q <= next_q == 1 ? sequence_q : next_q == 2 ? {6'd0, status_q} : constant;
            stored_q <= next_q >= HEADER && !hello;
        end
        if (send) begin
            head_q <= opcode_q | 8'd`OP_REPLY;
            stored_q <= 1'b0;
        end
        if (begin_reply) begun_q <= 1'b1;
        repeated_q <= begun_q && request_sequence == sequence_q && request_opcode != `OP_HELLO;
        if (rst) begin
            sending_q <= 1'b0;
            begun_q <= 1'b0;
            length_q <= HEADER;
            stop_q <= 2;
        end
    end

    byte_buffer #(
        .BYTES  (REPLY_BYTES),
        .INDEX_W(ADDRESS_W)
    ) u_byte_buffer (
        .clk        (clk),
        .write      (append && room),
        .write_index(length_q[ADDRESS_W-1:0]),
        .write_data (append_data),
        .read       (advance),
        .read_index (next_q[ADDRESS_W-1:0]),
        .read_data  (stored)
    );

`ifdef FORMAL
    stream_rules #(
        .DATA_W(9)
    ) m_rules (
        .clk  (clk),
        .rst  (rst),
        .data ({m_last, m_data}),
        .valid(m_valid),
        .ready(m_ready)
    );

    reg started_q = 1'b0;
    always @(posedge clk) started_q <= 1'b1;

    reply_rules #(
        .ASSUME(1)
    ) user_rules (
        .begun(begun_q),
        .opcode(opcode_q),
        .sending(sending_q),
        .begin_reply(started_q && begin_reply),
        .append(started_q && append),
        .fail(started_q && fail),
        .send(started_q && send)
    );

    always @* begin
        if (!started_q) assume (rst);
        if (started_q && begun_q) begin
            assert (length_q >= HEADER);
            assert (length_q <= (hello ? HELLO_END : FULL));
            if (sending_q) assert (next_q != 0 && next_q <= length_q);  // every reply ends
            if (sending_q) assert (last_q == (next_q == length_q));
            if (sending_q && next_q != 1) assert (stop_q == length_q - 1);
            if (status_q != `ST_DONE) assert (length_q == HEADER);
        end
        if (started_q && !begun_q) assert (!sending_q);
        if (started_q && !begun_q) assert (length_q == HEADER);
        if (started_q) assert (stop_q > 1);
    end
`endif

endmodule

`default_nettype wire
