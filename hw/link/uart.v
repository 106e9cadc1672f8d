// uart - a serial line (8N1) as two byte streams
//
//   rx -> uart_receiver -> line_abort -> m_*        s_* -> uart_transmitter -> tx
//
// Line errors come out as aborted frames (line_abort). There is no flow control: a byte on m_* must
// be taken within ten bit times, or it is lost and counts as a line error.

`default_nettype none

module uart #(
    parameter CLOCK_KHZ = 40000,
    parameter BAUD = 3000000
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,
    output wire       tx,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    wire [7:0] line_data;
    wire       line_valid;
    wire       line_ready;
    wire       line_error;

    uart_receiver #(
        .CLOCK_KHZ(CLOCK_KHZ),
        .BAUD(BAUD)
    ) u_uart_receiver (
        .clk(clk),
        .rst(rst),
        .rx(rx),
        .m_data(line_data),
        .m_valid(line_valid),
        .m_ready(line_ready),
        .m_error(line_error)
    );

    line_abort u_line_abort (
        .clk(clk),
        .rst(rst),
        .s_data(line_data),
        .s_valid(line_valid),
        .s_ready(line_ready),
        .s_error(line_error),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    uart_transmitter #(
        .CLOCK_KHZ(CLOCK_KHZ),
        .BAUD(BAUD)
    ) u_uart_transmitter (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .tx(tx)
    );

endmodule

`default_nettype wire
