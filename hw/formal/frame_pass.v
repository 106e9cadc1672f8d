// frame_pass - whatever the decoder has seen before, frames from frame_encoder come out of it whole, in order and good
//
// The decoder starts in any state at all, half a frame, an escape or nothing behind it: any bytes may have come before. Frames are of any
// length and any bytes, with any gaps and stalls, through the real check sum; whichever byte is watched, it comes out at its place. The
// first verdict may be one on what came before; each of the others is on a frame, and good.
//
// Why the check sums agree: both sides take a byte in the same cycle, though it counts in the decoder a cycle later: what is
// said of the decoder is meant with the byte taken. Having sent k bytes of its FCS, the encoder holds the rest of the
// complement's complement c >> 8k, and the decoder that XOR a constant, REST(k), of which REST(4) is the residue.

`default_nettype none
`include "protocol.vh"

module frame_pass (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid,
    input wire       s_last,
    input wire       line_stall,
    input wire       m_ready
);

    wire       s_ready;
    wire [7:0] line_data;
    wire       line_valid, line_ready;
    wire [7:0] m_data;
    wire       m_valid, m_last, m_good;
    reg        started_q = 1'b0;
    wire       moved = started_q && line_valid && line_ready && !line_stall;

    frame_encoder u_encoder (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .s_last(s_last),
        .m_data(line_data),
        .m_valid(line_valid),
        .m_ready(line_ready && !line_stall)
    );

    frame_decoder u_decoder (
        .clk(clk),
        .rst(1'b0),
        .s_data(line_data),
        .s_valid(line_valid && !line_stall),
        .s_ready(line_ready),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_last(m_last),
        .m_good(m_good)
    );

    wire [2:0]  see_state;  // = u_encoder.state_q
    wire        see_ready;  // = u_encoder.ready_q
    wire        see_valid;  // = u_encoder.valid_q
    wire        see_last;  // = u_encoder.last_q
    wire        see_fresh;  // = u_encoder.fresh_q
    wire        see_due;  // = u_encoder.escape
    wire        see_escaped;  // = u_encoder.escaped_q
    wire [1:0]  see_fcs;  // = u_encoder.fcs_q
    wire [7:0]  see_byte;  // = u_encoder.byte_q
    wire [31:0] see_sum;  // = u_encoder.crc_q
    wire        see_synced;  // = u_decoder.synced_q
    wire        see_flag;  // = u_decoder.flag_q
    wire        see_plain;  // = u_decoder.plain_q
    wire        see_aborted;  // = u_decoder.aborted_q
    wire        see_escape;  // = u_decoder.escape_q
    wire [2:0]  see_length;  // = u_decoder.length_q
    wire [31:0] see_check;  // = u_decoder.crc_q

    localparam [2:0] IDLE = 3'd0, OPEN = 3'd1, PAYLOAD = 3'd2, LOAD_FCS = 3'd3, FCS = 3'd4, CLOSE = 3'd5;
    localparam [31:0] REST1 = 32'h2D02EF8D, REST2 = 32'hBE2612FF, REST3 = 32'h00BE2612, RESIDUE = 32'hDEBB20E3;

    wire see_full = see_state == OPEN || (see_state == PAYLOAD && !see_ready);

    (* anyconst *) reg [15:0] watched;
    reg        first_q = 1'b1;  // no frame has begun on the line
    reg        owed_q = 1'b0;   // a frame has ended on the line; its verdict is not out
    reg [15:0] in_q;            // bytes of the frame that went in
    reg [15:0] length_q;        // of the frame that has ended
    reg [15:0] sent_q;          // bytes on the line, FCS included
    reg [15:0] out_q;           // and out of the decoder
    reg [7:0]  value_q;         // the watched byte

    wire take = s_valid && s_ready;
    wire inside = see_state >= PAYLOAD && see_state <= CLOSE;
    wire beat = started_q && m_valid && m_ready;
    wire byte_sent = moved && inside && see_state != CLOSE && line_data != `ESCAPE_BYTE;

    always @(posedge clk) begin
        started_q <= 1'b1;
        if (beat && m_last) owed_q <= 1'b0;
        if (take) begin
            in_q <= see_state == IDLE ? 16'd1 : in_q + 16'd1;
            if (watched == (see_state == IDLE ? 16'd0 : in_q)) value_q <= s_data;
        end
        if (byte_sent) sent_q <= sent_q + 16'd1;
        if (beat && !m_last) out_q <= out_q + 16'd1;
        if (moved && see_state == OPEN) begin
            first_q <= 1'b0;
            sent_q <= 16'd0;
            out_q <= 16'd0;
        end
        if (moved && see_state == CLOSE) begin
            owed_q <= 1'b1;
            length_q <= in_q;
        end
    end

    wire [31:0] rest = see_fcs == 2'd0 ? 32'd0 : see_fcs == 2'd1 ? REST1 : see_fcs == 2'd2 ? REST2 : REST3;
    wire [31:0] above = see_fcs == 2'd0 ? 32'd0 : see_fcs == 2'd1 ? 32'hFF000000 :
                        see_fcs == 2'd2 ? 32'hFFFF0000 : 32'hFFFFFF00;  // of c >> 8k these are 0
    wire [31:0] left = {see_sum[23:0], ~see_byte};
    wire        waits = (m_valid && !m_last) || see_plain;

    wire [31:0] check_after;
    wire        synced = see_synced || see_flag;
    wire [2:0]  length = see_flag ? 3'd0 : see_length + {2'd0, see_plain && see_length != 3'd6};
    wire [31:0] check = see_flag ? 32'hFFFFFFFF : see_plain ? check_after : see_check;

    crc32_byte u_after (
        .crc (see_check),
        .data(m_data),
        .next(check_after)
    );

    always @* begin
        assume (rst == !started_q);
        assume (in_q < 16'd60000);
        if (!started_q) assume (!(see_flag && see_plain) && !(m_valid && (see_flag || see_plain)));  // frame_decoder's own proof
        if (started_q) assert (!(see_flag && see_plain) && !(m_valid && (see_flag || see_plain)));
        if (see_state == IDLE && s_valid) assume (!s_last);  // shorter than opcode and sequence is no frame
        if (started_q && m_valid && !first_q) begin
            if (m_last && owed_q) assert (m_good && out_q == length_q + 16'd4);
            if (m_last && !owed_q) assert (out_q == 16'd0);  // on what came before the first flag
            if (!m_last && out_q == watched && watched < in_q && inside) assert (m_data == value_q);
        end
        if (started_q && !first_q && see_state == OPEN && moved) assert (!m_valid || beat);  // none is lost
        // What the induction needs.
        if (started_q) begin
            assert (see_state <= CLOSE);
            if (see_ready) assert (see_state == IDLE || (see_state == PAYLOAD && !see_last));
            if (see_state == IDLE) assert (see_ready);
            assert (see_valid == (see_state == OPEN || see_state == CLOSE || ((see_full || see_state == FCS) && !see_fresh)));
            if (see_fresh) assert (see_full || see_state == FCS);
            if (first_q) assert ((see_state == IDLE || see_state == OPEN) && !owed_q);
            if (owed_q) assert (see_flag || (m_valid && m_last));
            if (owed_q && see_flag)
                assert (see_synced && !see_aborted && see_length == 3'd6 && see_check == RESIDUE && out_q == length_q + 16'd4);
            if (!first_q && !inside) assert (!see_plain && (!see_flag || owed_q));
            if (see_state == IDLE && !first_q) assert (!m_valid || owed_q);
            if (see_state == OPEN && !first_q) assert (!m_valid || owed_q);
            if (see_state == OPEN) assert (!see_last && see_full && in_q == 16'd1);
            if (see_state == OPEN && watched == 16'd0) assert (see_byte == value_q);
            if (see_state == OPEN) assert (see_sum == 32'hFFFFFFFF && see_fcs == 2'd0 && !see_escaped);
            if (!first_q && !inside) assert (synced && !see_escape && length == 3'd0);
            if (see_state == IDLE) assert (!see_escaped && !see_full);
        end
        if (started_q && see_fresh) assert (!see_escaped);
        if (started_q && (see_full || see_state == FCS) && !see_fresh)
            assert ((see_byte == `FLAG_BYTE || see_byte == `ESCAPE_BYTE) == (see_due || see_escaped));
        if (started_q && see_escaped) assert (!see_due && !see_fresh);
        if (started_q && inside) begin
            assert (synced && see_escape == see_escaped && !owed_q && in_q != 16'd0);
            assert (length == (sent_q < 16'd6 ? sent_q[2:0] : 3'd6));
            assert (sent_q == out_q + {15'd0, waits});
            if (see_flag || (m_valid && m_last)) assert (sent_q == 16'd0);
            if (see_escaped) assert (see_byte == `FLAG_BYTE || see_byte == `ESCAPE_BYTE);
            if (see_escaped) assert (see_state == FCS || (see_state == PAYLOAD && see_full));
            if (see_state != PAYLOAD) assert (!see_full && in_q >= 16'd2);
            if (see_state == PAYLOAD) begin
                assert (in_q == sent_q + {15'd0, see_full});
                if (see_last) assert (in_q >= 16'd2);
                assert (see_sum == check && see_fcs == 2'd0);
                if (see_full && in_q == watched + 16'd1) assert (see_byte == value_q);
            end
            if (see_state == LOAD_FCS) begin
                assert (in_q + {14'd0, see_fcs} == sent_q && !see_escaped);
                assert (check == (see_sum ^ rest) && (see_sum & above) == 32'd0);
            end
            if (see_state == FCS) begin
                assert (in_q + {14'd0, see_fcs} == sent_q);
                assert (check == (left ^ rest) && (left & above) == 32'd0 && see_sum[31:24] == 8'd0);
            end
            if (see_state == CLOSE) assert (in_q + 16'd4 == sent_q && check == RESIDUE && !see_escaped);
            if (waits && out_q == watched && watched < in_q) assert (m_data == value_q);
        end
    end

endmodule

`default_nettype wire
