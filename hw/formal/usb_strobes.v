// usb_strobes - what usb_receiver says of its line, usb_exchange.v assumes: one thing at a time, and bits only within a packet
//
// Any line at all, however its edges come, and any mute; a reset of two cycles or more.

`default_nettype none

module usb_strobes (
    input wire clk,
    input wire rst,
    input wire dp,
    input wire dn,
    input wire mute
);

    wire       start, bit_strobe, bit_value, byte_strobe, finish, error, bus_reset, suspended;
    wire [7:0] byte_value;

    usb_receiver u_receiver (
        .clk(clk),
        .rst(rst),
        .dp(dp),
        .dn(dn),
        .mute(mute),
        .start(start),
        .bit_strobe(bit_strobe),
        .bit_value(bit_value),
        .byte_strobe(byte_strobe),
        .byte_value(byte_value),
        .finish(finish),
        .error(error),
        .bus_reset(bus_reset),
        .suspended(suspended)
    );

    wire       see_active;  // = u_receiver.active_q
    wire [1:0] see_phase;  // = u_receiver.phase_q

    reg  started_q = 1'b0;
    reg  rst_q = 1'b0;
    reg  rst_qq = 1'b0;  // a cycle ago, and two
    reg  inside_q;  // a packet has begun and not ended
    reg  any_q;     // there was a strobe a cycle ago
    wire any = start || bit_strobe || finish;

    always @(posedge clk) begin
        started_q <= 1'b1;
        rst_q <= rst;
        rst_qq <= rst_q;
        any_q <= any;
        inside_q <= !rst && !finish && (inside_q || start);
    end

    always @* begin
        if (!started_q || (rst_q && !rst_qq)) assume (rst);
        if (started_q && !rst) begin
            assert ({1'b0, start} + {1'b0, bit_strobe} + {1'b0, finish} <= 2'd1);
            if (byte_strobe) assert (bit_strobe);
            if (any) assert (!any_q);
            if (bit_strobe || finish) assert (inside_q);
        end
        // What the induction needs.
        if (started_q && see_active) assert ((inside_q && !finish) || start);
        if (started_q && any) assert (see_phase == 2'd2 || see_phase == 2'd0);
    end

endmodule

`default_nettype wire
