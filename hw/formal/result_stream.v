// result_stream - row_sender, where the results of module network come out, keeps the stream rules
//
// Whatever rows hold and however turns come; start comes only when all has been sent.

`default_nettype none

module result_stream (
    input wire        clk,
    input wire        rst,
    input wire        start,
    input wire [7:0]  rows,
    input wire        turn,
    input wire [23:0] read_data,
    input wire        m_ready
);

    wire       done;
    wire       idle;
    wire [6:0] word;
    wire [7:0] m_data;
    wire       m_valid;

    row_sender u_row_sender (
        .clk(clk),
        .rst(rst),
        .start(start),
        .rows(rows),
        .done(done),
        .idle(idle),
        .turn(turn),
        .word(word),
        .read_data(read_data),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    stream_rules u_m_rules (
        .clk(clk),
        .rst(rst),
        .data(m_data),
        .valid(m_valid),
        .ready(m_ready)
    );

    reg started_q = 1'b0;
    always @(posedge clk) started_q <= 1'b1;

    always @* begin
        if (!started_q) assume (rst);
        if (!idle) assume (!start);
    end

endmodule

`default_nettype wire
