// uart_in_order - uart_receiver hands on the bytes that it samples, in order; a loss or a bad stop bit is told with an error
//
// Any line, taken at any time. Nothing is lost but bytes whose last bit comes while the one before is still there.

`default_nettype none

module uart_in_order (
    input wire clk,
    input wire rst,
    input wire rx,
    input wire m_ready
);

    wire [7:0] m_data;
    wire       m_valid;
    wire       m_error;

    uart_receiver #(
        .CLOCK_KHZ(40000),
        .BAUD(10000000)
    ) u_receiver (
        .clk(clk),
        .rst(rst),
        .rx(rx),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_error(m_error)
    );

    wire       see_sample;  // = u_receiver.sample
    wire       see_line;  // = u_receiver.line
    wire [1:0] see_state;  // = u_receiver.state_q
    wire [3:0] see_bit;  // = u_receiver.bit_q
    wire [7:0] see_shift;  // = u_receiver.shift_q
    wire       see_lost;  // = u_receiver.lost_q

    reg       started_q = 1'b0;
    reg [7:0] bits_q;   // of the byte that comes in, as sampled
    reg [3:0] count_q;  // samples of it
    reg       held_q;   // a byte is to be handed on,
    reg [7:0] byte_q;   // this one,
    reg       error_q;  // with an error
    reg       lost_q;   // bytes have been lost since

    wire ends = see_sample && count_q == 4'd9;
    wire loses = ends && m_valid;

    always @(posedge clk) begin
        started_q <= 1'b1;
        if (see_sample) begin
            if (count_q >= 4'd1 && count_q <= 4'd8) bits_q[count_q - 4'd1] <= see_line;
            count_q <= (count_q == 4'd0 && see_line) || count_q == 4'd9 ? 4'd0 : count_q + 4'd1;
        end
        if (m_valid && m_ready) held_q <= 1'b0;
        if (loses) lost_q <= 1'b1;
        if (ends && !loses) begin
            held_q <= 1'b1;
            byte_q <= bits_q;
            error_q <= lost_q || !see_line;
            lost_q <= 1'b0;
        end
        if (rst) begin
            count_q <= 4'd0;
            held_q <= 1'b0;
            lost_q <= 1'b0;
        end
    end

    wire [3:0] absent = 4'd9 - count_q;  // bits of the byte that are not there yet

    always @* begin
        if (!started_q) assume (rst);
        if (started_q) begin
            assert (m_valid == held_q);
            if (m_valid) assert (m_data == byte_q && m_error == error_q);
            // What the induction needs.
            assert (see_lost == lost_q && count_q <= 4'd9);
            if (see_state != 2'd1) assert (count_q == 4'd0);
            if (see_state == 2'd1) assert (see_bit == count_q);
            if (count_q != 4'd0) assert (see_shift >> absent == (bits_q & 8'hFF >> absent));
        end
    end

endmodule

`default_nettype wire
