// reply_order - reply_buffer sends what was appended, in that order, nothing lost and nothing twice
//
// Whichever byte of data is watched, it comes out at its place; a reply has 3 bytes more than were
// appended, or 3 if its status is not 0, or those of HELLO; sent once more it is the same again.

`default_nettype none
`include "protocol.vh"

module reply_order (
    input wire       clk,
    input wire       rst,
    input wire       begin_reply,
    input wire [7:0] request_opcode,
    input wire [7:0] request_sequence,
    input wire       append,
    input wire [7:0] append_data,
    input wire       fail,
    input wire [1:0] fail_status,
    input wire       send,
    input wire       m_ready
);

    localparam [9:0] REPLY_BYTES = 512;

    wire [7:0] m_data;
    wire       m_valid;
    wire       m_last;

    reply_buffer u_reply (
        .clk(clk),
        .rst(rst),
        .begin_reply(begin_reply),
        .request_opcode(request_opcode),
        .request_sequence(request_sequence),
        .append(append),
        .append_data(append_data),
        .fail(fail),
        .fail_status(fail_status),
        .send(send),
        .sent(),
        .repeated(),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_last(m_last)
    );

    wire [9:0] see_length;  // = u_reply.length_q
    wire [9:0] see_next;  // = u_reply.next_q
    wire       see_stored;  // = u_reply.stored_q
    wire [1:0] see_status;  // = u_reply.status_q
    wire [7:0] see_opcode;  // = u_reply.opcode_q
    wire [7:0] see_sequence;  // = u_reply.sequence_q
    wire       see_begun;  // = u_reply.begun_q
    wire [8:0] see_watched;  // = u_reply.u_byte_buffer.watched
    wire       see_known;  // = u_reply.u_byte_buffer.known_q
    wire [7:0] see_kept;  // = u_reply.u_byte_buffer.kept_q
    wire       see_asked;  // = u_reply.u_byte_buffer.asked_q
    wire [7:0] see_answer;  // = u_reply.u_byte_buffer.answer_q

    // The reply as it should be.
    reg       begun_q;
    reg [7:0] opcode_q;
    reg [7:0] sequence_q;
    reg [1:0] status_q;
    reg [9:0] length_q;  // of the reply so far
    reg       holds_q;   // the watched byte is among it,
    reg [7:0] byte_q;    // and is this
    reg [9:0] index_q;   // of the byte that goes out

    wire fits = status_q == `ST_DONE && length_q != REPLY_BYTES;

    always @(posedge clk) begin
        if (append && !begin_reply && fits) begin
            length_q <= length_q + 10'd1;
            if (length_q == {1'b0, see_watched}) begin
                holds_q <= 1'b1;
                byte_q <= append_data;
            end
        end
        if (append && !begin_reply && status_q == `ST_DONE && !fits) begin
            status_q <= `ST_TOO_LONG;
            length_q <= 10'd3;
            holds_q <= 1'b0;
        end
        if (fail) begin
            status_q <= fail_status;
            length_q <= 10'd3;
            holds_q <= 1'b0;
        end
        if (begin_reply) begin
            begun_q <= 1'b1;
            opcode_q <= request_opcode;
            sequence_q <= request_sequence;
            status_q <= `ST_DONE;
            length_q <= request_opcode == `OP_HELLO ? 10'd3 + `HELLO_BYTES : 10'd3;
            holds_q <= 1'b0;
        end
        if (m_valid && m_ready) index_q <= index_q + 10'd1;
        if (send) index_q <= 10'd0;
        if (rst) begun_q <= 1'b0;
    end

    reg started_q = 1'b0;
    always @(posedge clk) started_q <= 1'b1;

    always @* begin
        if (fail) assume (fail_status != `ST_DONE);
        assume (see_watched >= 9'd3);
        if (started_q && m_valid) begin
            assert (m_last == (index_q == length_q - 10'd1));
            assert (index_q < length_q);
            if (index_q == 10'd0) assert (m_data == (opcode_q | 8'd`OP_REPLY));
            if (index_q == 10'd1) assert (m_data == sequence_q);
            if (index_q == 10'd2) assert (m_data == {6'd0, status_q});
            if (index_q == {1'b0, see_watched} && opcode_q != `OP_HELLO) begin
                assert (holds_q);
                assert (m_data == byte_q);
            end
        end
        // What the induction needs: the reply inside is this one.
        if (started_q) assert (see_begun == begun_q);
        if (started_q && begun_q) begin
            assert (see_length == length_q);
            assert (see_status == status_q);
            assert (see_opcode == opcode_q);
            assert (see_sequence == sequence_q);
            assert (holds_q == (opcode_q != `OP_HELLO && {1'b0, see_watched} < length_q));
            if (holds_q) assert (see_known && see_kept == byte_q);
            if (m_valid) assert (see_next == index_q + 10'd1);
            if (m_valid) assert (see_stored == (index_q >= 10'd3 && opcode_q != `OP_HELLO));
            if (m_valid && holds_q && index_q == {1'b0, see_watched})
                assert (see_asked && see_answer == byte_q);
        end
    end

endmodule

`default_nettype wire
