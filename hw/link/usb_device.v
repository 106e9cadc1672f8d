// usb_device - a full-speed USB device whose vendor interface is two byte streams; no processor
//
//   dp, dn -> usb_receiver -> usb_packet -> usb_transactions -> usb_control (endpoint 0)
//          <- usb_transmitter <--------------------+
//                               m_* <- usb_out_buffer (bulk OUT, 64 bytes)
//                               s_* -> usb_in_buffer  (bulk IN, 64 bytes)
//
// clk is 48 MHz. The lines are bidirectional: drive dp_out, dn_out while oe; attach the pull-up of D+ after
// rst. Nothing a host does blocks a stream for longer than it takes to poll; without a host s_* waits.

`default_nettype none

module usb_device #(
    parameter [63:0] SERIAL = "00000001"
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       dp_in,
    input  wire       dn_in,
    output wire       dp_out,
    output wire       dn_out,
    output wire       oe,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready,
    output wire       configured,
    output wire       suspended
);

    wire       start;
    wire       bit_strobe;
    wire       bit_value;
    wire       byte_strobe;
    wire [7:0] byte_value;
    wire       finish;
    wire       error;
    wire       bus_reset;
    wire       done;
    wire       good;
    wire [3:0] pid;
    wire [6:0] packet_address;
    wire [3:0] packet_endpoint;
    wire       data_strobe;
    wire [7:0] data;
    wire [6:0] index;
    wire [6:0] length;
    wire [6:0] address;
    wire       control_stall;
    wire       control_toggle;
    wire [7:0] control_data;
    wire       control_more;
    wire       halted_in;
    wire       halted_out;
    wire       clear_in;
    wire       clear_out;
    wire       in_ready;
    wire [7:0] in_data;
    wire       in_more;
    wire       out_free;
    wire       setup;
    wire       setup_done;
    wire       bulk_write;
    wire       commit;
    wire       endpoint;
    wire       rewind;
    wire       hold;
    wire       acknowledge;
    wire       send;
    wire [3:0] send_pid;
    wire       send_data;
    wire       take;
    wire       busy;
    wire       usb_rst = rst || bus_reset;

    usb_receiver u_usb_receiver (
        .clk(clk),
        .rst(rst),
        .dp(dp_in),
        .dn(dn_in),
        .mute(busy),
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

    usb_packet u_usb_packet (
        .clk(clk),
        .rst(usb_rst),
        .start(start),
        .bit_strobe(bit_strobe),
        .bit_value(bit_value),
        .byte_strobe(byte_strobe),
        .byte_value(byte_value),
        .finish(finish),
        .error(error),
        .done(done),
        .good(good),
        .pid(pid),
        .address(packet_address),
        .endpoint(packet_endpoint),
        .data_strobe(data_strobe),
        .data(data),
        .index(index),
        .length(length)
    );

    usb_transactions u_usb_transactions (
        .clk(clk),
        .rst(usb_rst),
        .done(done),
        .good(good),
        .pid(pid),
        .packet_address(packet_address),
        .packet_endpoint(packet_endpoint),
        .length(length),
        .address(address),
        .configured(configured),
        .control_stall(control_stall),
        .control_toggle(control_toggle),
        .halted_in(halted_in),
        .halted_out(halted_out),
        .clear_in(clear_in),
        .clear_out(clear_out),
        .in_ready(in_ready),
        .out_free(out_free),
        .setup(setup),
        .setup_done(setup_done),
        .bulk_write(bulk_write),
        .commit(commit),
        .endpoint(endpoint),
        .rewind(rewind),
        .hold(hold),
        .acknowledge(acknowledge),
        .send(send),
        .send_pid(send_pid),
        .send_data(send_data)
    );

    usb_control #(
        .SERIAL(SERIAL)
    ) u_usb_control (
        .clk(clk),
        .rst(usb_rst),
        .setup_write(data_strobe && setup && index < 7'd8),
        .setup_index(index[2:0]),
        .setup_data(data),
        .setup_done(setup_done),
        .rewind(rewind),
        .take(take && !endpoint),
        .acknowledge(acknowledge && !endpoint),
        .data(control_data),
        .more(control_more),
        .toggle(control_toggle),
        .stall(control_stall),
        .address(address),
        .configured(configured),
        .halted_in(halted_in),
        .halted_out(halted_out),
        .clear_in(clear_in),
        .clear_out(clear_out)
    );

    usb_out_buffer u_usb_out_buffer (
        .clk(clk),
        .rst(usb_rst),
        .write(data_strobe && bulk_write),
        .index(index),
        .data(data),
        .commit(commit),
        .length(length),
        .free(out_free),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    usb_in_buffer u_usb_in_buffer (
        .clk(clk),
        .rst(usb_rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .hold(hold),
        .acknowledge(acknowledge && endpoint),
        .ready(in_ready),
        .rewind(rewind),
        .take(take && endpoint),
        .data(in_data),
        .more(in_more)
    );

    usb_transmitter u_usb_transmitter (
        .clk(clk),
        .rst(usb_rst),
        .send(send),
        .pid(send_pid),
        .with_data(send_data),
        .data(endpoint ? in_data : control_data),
        .more(endpoint ? in_more : control_more),
        .take(take),
        .busy(busy),
        .dp(dp_out),
        .dn(dn_out),
        .oe(oe)
    );

endmodule

`default_nettype wire
