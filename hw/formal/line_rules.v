// line_rules - after a line error line_abort sends escape and flag, and then nothing up to a flag; without one, every byte as it came

`default_nettype none
`include "protocol.vh"

module line_rules (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid,
    input wire       s_error,
    input wire       m_ready
);

    wire       s_ready;
    wire [7:0] m_data;
    wire       m_valid;

    line_abort u_abort (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .s_error(s_error),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    wire [1:0] see_state;  // = u_abort.state_q
    wire       see_seen;   // = u_abort.seen_q
    wire       see_flag;   // = u_abort.flag_q
    wire       see_show;   // = u_abort.show_q

    reg       started_q = 1'b0;
    reg       waited_q = 1'b0;  // the byte was here a cycle ago,
    reg       longer_q = 1'b0;  // or two
    reg       owed_q = 1'b0;    // the flag was owed a cycle ago
    reg [1:0] after_q;  // 1: the flag is owed; 2: all is dropped up to a flag

    wire moved = m_valid && m_ready;
    wire taken = s_valid && s_ready;

    always @(posedge clk) begin
        started_q <= 1'b1;
        waited_q <= s_valid && !taken && !rst;
        longer_q <= waited_q && s_valid && !taken && !rst;
        owed_q <= after_q == 2'd1 && !rst;
        if (taken && s_error && after_q == 2'd0) after_q <= 2'd1;
        if (moved && after_q == 2'd1) after_q <= 2'd2;
        if (taken && after_q == 2'd2 && s_data == `FLAG_BYTE && !s_error) after_q <= 2'd0;
        if (rst) after_q <= 2'd0;
    end

    always @* begin
        if (!started_q) assume (rst);
        if (started_q) assert (see_state == after_q && after_q != 2'd3);  // the induction needs it,
        if (started_q) assert (see_seen == waited_q);
        if (started_q && see_show && after_q != 2'd1) assert (waited_q && (after_q == 2'd0 || see_flag));
        if (started_q && waited_q) assert (see_flag == (s_data == `FLAG_BYTE && !s_error));  // and these
        if (started_q)
            case (after_q)
                2'd0: begin
                    assert (taken == moved);
                    if (longer_q) assert (m_valid == s_valid);
                    if (moved) assert (m_data == (s_error ? 8'd`ESCAPE_BYTE : s_data));
                end
                2'd1: begin
                    if (owed_q) assert (m_valid);
                    assert (m_data == `FLAG_BYTE && !taken);
                end
                default: begin
                    if (moved) assert (taken && m_data == `FLAG_BYTE && s_data == `FLAG_BYTE && !s_error);
                    if (taken && s_data == `FLAG_BYTE && !s_error) assert (moved);
                end
            endcase
    end

endmodule

`default_nettype wire
