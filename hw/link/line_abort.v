// line_abort - a line error inside a frame ends that frame, for certain
//
// Bytes pass, one in three cycles: in two it is looked at. When one comes with s_error, in its place goes the
// abort of RFC 1662, escape and flag, which makes the frame decoder drop what it has and count a bad
// frame; further bytes are then dropped up to the next flag, which passes. A frame with a line error
// is therefore never left to its check sum alone.

`default_nettype none
`include "protocol.vh"

module line_abort (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    input  wire       s_error,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    localparam [1:0] PASS = 2'd0;   // bytes go through
    localparam [1:0] FLAG = 2'd1;   // the escape is out, the flag follows
    localparam [1:0] DROP = 2'd2;   // bytes are dropped up to a flag

    reg [1:0] state_q;
    reg       seen_q;   // the byte was here a cycle ago, and
    reg       flag_q;   // is a flag
    reg       show_q;   // m_data is offered

    wire pass = state_q == PASS || (state_q == DROP && flag_q);
    wire take = s_valid && s_ready;

    assign m_valid = show_q;
    assign m_data = state_q == FLAG ? `FLAG_BYTE :
                    s_error         ? `ESCAPE_BYTE : s_data;
    assign s_ready = state_q != FLAG && (show_q ? m_ready : seen_q && !pass);

    always @(posedge clk) begin
        seen_q <= s_valid && !take && !rst;
        flag_q <= s_data == `FLAG_BYTE && !s_error;
        show_q <= !rst && (show_q ? !m_ready : state_q == FLAG || (seen_q && pass));
        case (state_q)
            PASS: if (take && s_error) state_q <= FLAG;
            FLAG: if (show_q && m_ready) state_q <= DROP;
            default: if (take && flag_q) state_q <= PASS;
        endcase
        if (rst) state_q <= PASS;
    end

`ifdef FORMAL
    reg started_q = 1'b0;

    always @(posedge clk) started_q <= 1'b1;

    always @* begin
        if (!started_q) assume (rst);
        // What the induction needs.
        if (started_q && seen_q) assert (s_valid && flag_q == (s_data == `FLAG_BYTE && !s_error));
        if (started_q && show_q) assert (state_q == FLAG || (seen_q && pass));
    end

    stream_rules #(
        .DATA_W(9),
        .ASSUME(1)
    ) s_rules (
        .clk  (clk),
        .rst  (rst),
        .data ({s_error, s_data}),
        .valid(s_valid),
        .ready(s_ready)
    );
    stream_rules m_rules (
        .clk  (clk),
        .rst  (rst),
        .data (m_data),
        .valid(m_valid),
        .ready(m_ready)
    );
`endif

endmodule

`default_nettype wire
