// broken_stream - a stream that breaks the rules: scripts/formal.sh wants its proof to fail
//
// It passes bytes on through a register, but takes the next byte even while one waits for m_ready.

`default_nettype none

module broken_stream (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    reg [7:0] data_q;
    reg       valid_q;

    assign s_ready = 1'b1;  // right would be !valid_q || m_ready
    assign m_data = data_q;
    assign m_valid = valid_q;

    always @(posedge clk) begin
        if (s_valid) data_q <= s_data;
        if (s_valid || m_ready) valid_q <= s_valid;
        if (rst) valid_q <= 1'b0;
    end

    stream_rules u_m_rules (
        .clk(clk),
        .rst(rst),
        .data(m_data),
        .valid(m_valid),
        .ready(m_ready)
    );

endmodule

`default_nettype wire
