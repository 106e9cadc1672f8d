// usb_control - endpoint 0: requests, descriptors, address, configuration, halts
//
// The eight bytes of a SETUP are written as they come; setup_done says that they were good. Four cycles
// later the answer to whatever follows is known: stall, or packets for IN (data, more, toggle) and an
// acknowledgement for OUT. rewind starts an IN packet over; acknowledge says that the host has it.
//
// Requests: the standard ones of a device with one configuration and one interface, GET_DESCRIPTOR of
// usb_descriptors, and the vendor request by which Windows asks for its descriptor set. A new address
// counts after its status stage. clear_in, clear_out: the data toggle of the bulk endpoint starts over.

`default_nettype none

module usb_control #(
    parameter [63:0] SERIAL = "00000001"
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       setup_write,
    input  wire [2:0] setup_index,
    input  wire [7:0] setup_data,
    input  wire       setup_done,
    input  wire       rewind,
    input  wire       take,
    input  wire       acknowledge,
    output wire [7:0] data,
    output wire       more,
    output reg        toggle,
    output wire       stall,
    output reg  [6:0] address,
    output reg        configured,
    output reg        halted_in,
    output reg        halted_out,
    output reg        clear_in,
    output reg        clear_out
);

    localparam [7:0] WINDOWS_REQUEST = 8'd83;
    localparam [7:0] WINDOWS = 8'hFF;
    localparam [7:0] CONSTANT = 8'hFE;
    localparam [7:0] PACKET = 8'd64;

    reg [7:0] type_q;
    reg [7:0] request_q;
    reg [7:0] value_q;       // low byte of wValue
    reg [7:0] kind_q;        // high byte
    reg [7:0] index_q;       // low byte of wIndex
    reg [7:0] wanted_q;      // wLength, at most 255
    reg       decode_q;      // the eight bytes are there
    reg [1:0] limit_q;       // left_q is being limited: one cycle for each limit
    reg       known_q;       // the request can be answered
    reg       moving_q;      // the address changes with the status stage
    reg [8:0] base_q;        // of what is still to be sent
    reg [7:0] left_q;
    reg [6:0] offset_q;      // in the packet

    reg  [7:0] kind;         // of what answers the request
    reg  [7:0] index;
    reg  [7:0] most;
    reg        known;
    wire       found;
    wire [8:0] base;
    wire [7:0] length;
    wire [7:0] limit = limit_q[0] ? most : wanted_q;
    wire       halted = index_q[7] ? halted_in : halted_out;
    wire       ours = index_q == 8'h81 || index_q == 8'h01;

    assign stall = !known_q;
    assign more = {1'b0, offset_q} != (left_q < PACKET ? left_q : PACKET);

    usb_descriptors #(
        .SERIAL(SERIAL),
        .WINDOWS_REQUEST(WINDOWS_REQUEST),
        .WINDOWS(WINDOWS),
        .CONSTANT(CONSTANT)
    ) u_usb_descriptors (
        .clk(clk),
        .address(base_q + {2'd0, offset_q}),
        .data(data),
        .kind(kind),
        .index(index),
        .found(found),
        .base(base),
        .length(length)
    );

    // What the request asks for; without data the most is 0.
    always @* begin
        kind = CONSTANT;
        index = 8'd0;
        most = 8'd0;
        known = 1'b1;
        case ({type_q, request_q})
            16'h8006: begin  // GET_DESCRIPTOR
                kind = kind_q;
                index = value_q;
                most = 8'd255;
                known = kind_q != WINDOWS && kind_q != CONSTANT;
            end
            {8'hC0, WINDOWS_REQUEST}: begin
                kind = WINDOWS;
                most = 8'd255;
                known = index_q == 8'd7;
            end
            16'h8000, 16'h8100: most = 8'd2;  // GET_STATUS
            16'h8200: begin
                index = {7'd0, halted && ours};
                most = 8'd2;
            end
            16'h8008: begin  // GET_CONFIGURATION
                index = {7'd0, configured};
                most = 8'd1;
            end
            16'h810A: most = 8'd1;                  // GET_INTERFACE
            16'h0005: known = !value_q[7];          // SET_ADDRESS
            16'h0009: known = value_q < 8'd2;       // SET_CONFIGURATION
            16'h010B: known = value_q == 8'd0;      // SET_INTERFACE
            16'h0201, 16'h0203: known = value_q == 8'd0 && (ours || index_q[6:0] == 7'd0);
            default: known = 1'b0;
        endcase
    end

    wire restart = (type_q == 8'h00 && request_q == 8'h09) || (type_q == 8'h01 && request_q == 8'h0B);
    wire feature = type_q == 8'h02 && (request_q == 8'h01 || request_q == 8'h03);

    always @(posedge clk) begin
        if (setup_write)
            case (setup_index)
                3'd0: type_q <= setup_data;
                3'd1: request_q <= setup_data;
                3'd2: value_q <= setup_data;
                3'd3: kind_q <= setup_data;
                3'd4: index_q <= setup_data;
                3'd6: wanted_q <= setup_data;
                3'd7: if (setup_data != 8'd0) wanted_q <= 8'd255;
                default: ;
            endcase
        if (setup_write) known_q <= 1'b0;  // whatever came before is over
        decode_q <= setup_done;
        limit_q <= {limit_q[0], decode_q};
        clear_in <= 1'b0;
        clear_out <= 1'b0;
        if (decode_q) begin
            known_q <= known && found;
            base_q <= base;
            left_q <= length;
            toggle <= 1'b1;
            moving_q <= type_q == 8'h00 && request_q == 8'h05 && known;
        end
        if (limit_q != 2'd0 && limit < left_q) left_q <= limit;
        if (decode_q && known) begin
            if (type_q == 8'h00 && request_q == 8'h09) configured <= value_q[0];
            if (restart || (feature && index_q == 8'h81)) begin
                halted_in <= feature && request_q[1];
                clear_in <= 1'b1;
            end
            if (restart || (feature && index_q == 8'h01)) begin
                halted_out <= feature && request_q[1];
                clear_out <= 1'b1;
            end
        end
        if (rewind) offset_q <= 7'd0;
        else if (take) offset_q <= offset_q + 7'd1;
        if (acknowledge) begin
            toggle <= !toggle;
            base_q <= base_q + {2'd0, offset_q};
            left_q <= left_q - {1'b0, offset_q};
            offset_q <= 7'd0;
            moving_q <= 1'b0;
            if (moving_q) address <= value_q[6:0];
        end
        if (rst) begin
            decode_q <= 1'b0;
            limit_q <= 2'd0;
            known_q <= 1'b0;
            moving_q <= 1'b0;
            address <= 7'd0;
            configured <= 1'b0;
            halted_in <= 1'b0;
            halted_out <= 1'b0;
        end
    end

endmodule

`default_nettype wire
