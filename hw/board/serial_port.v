// serial_port - power-up and serial line of a board as the byte streams of its accelerator; what all UART boards have in common
//
// led is low after traffic.

`default_nettype none

module serial_port #(
    parameter CLOCK_KHZ = 48000,
    parameter BAUD = 3000000
) (
    input  wire       clk,
    input  wire       ready,  // the clock is stable
    input  wire       rx,
    output wire       tx,
    output wire       led,
    output wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    power_up u_power_up (
        .clk(clk),
        .ready(ready),
        .active(m_valid || s_valid),
        .rst(rst),
        .led(led)
    );

    uart #(
        .CLOCK_KHZ(CLOCK_KHZ),
        .BAUD(BAUD)
    ) u_uart (
        .clk(clk),
        .rst(rst),
        .rx(rx),
        .tx(tx),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

endmodule

`default_nettype wire
