// network_memories - the six memories of a network, for the host byte by byte and for the step
//
// While busy is low the host's accesses are served (memory_port.v), and its writes of activations
// whenever activation_write is low; while it is high the step's addresses are: data comes one cycle after an address. scale_data is {s, m - 128}: 12 bits of a word
// of scales are kept, the others read as 0. A step's writes come only while busy. A word of weights
// is SLICES of 64 bits side by side, a word of activations TABLES bytes.

`default_nettype none

module network_memories #(
    parameter TABLES = 8,
    parameter SLICES = 1,
    parameter WEIGHT_WORDS = 16384,
    parameter SCALES = 2048,
    parameter BIASES = 1024,
    parameter PROGRAM_BYTES = 512,
    parameter ACTIVATION_WORDS = 256,
    parameter STATES = 256,
    parameter WEIGHT_W = $clog2(WEIGHT_WORDS),
    parameter SCALE_W = $clog2(SCALES),
    parameter BIAS_W = $clog2(BIASES),
    parameter PROGRAM_W = $clog2(PROGRAM_BYTES),
    parameter ACTIVATION_W = $clog2(ACTIVATION_WORDS),
    parameter STATE_W = $clog2(STATES)
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    busy,
    input  wire [2:0]              mem_select,
    input  wire [19:0]             mem_address,
    input  wire                    mem_write,
    input  wire [7:0]              mem_wdata,
    input  wire                    mem_read,
    output wire [7:0]              mem_rdata,
    output wire                    mem_rvalid,
    input  wire                    clear,
    output wire                    clearing,
    input  wire [WEIGHT_W-1:0]     weight_address,
    output wire [64*SLICES-1:0]    weight_data,
    input  wire [SCALE_W-1:0]      scale_address,
    output wire [11:0]             scale_data,
    input  wire [BIAS_W-1:0]       bias_address,
    output wire [15:0]             bias_data,
    input  wire [PROGRAM_W-1:0]    program_address,
    output wire [7:0]              program_data,
    input  wire [ACTIVATION_W-1:0] activation_address,
    output wire [8*TABLES-1:0]     activation_data,
    input  wire                    activation_write,
    input  wire [TABLES-1:0]       activation_write_lanes,
    input  wire [ACTIVATION_W-1:0] activation_write_address,
    input  wire [7:0]              activation_write_data,
    input  wire [STATE_W-1:0]      state_address,
    output wire [15:0]             state_data,
    input  wire                    state_write,
    input  wire [STATE_W-1:0]      state_write_address,
    input  wire [15:0]             state_write_data
);

    localparam CLEAR_W = ACTIVATION_W > STATE_W ? ACTIVATION_W : STATE_W;

    generate
        if (ACTIVATION_WORDS != 1 << ACTIVATION_W || STATES != 1 << STATE_W) begin : g_clearable
            activation_and_state_memory_are_powers_of_two u_stop ();
        end
    endgenerate

    wire [8*SLICES-1:0] lanes_weights;
    wire [TABLES-1:0]   lanes_activations;
    wire [1:0]  lanes_scales, lanes_biases, lanes_state;
    wire        lanes_programs;
    wire [WEIGHT_W-1:0] weight_word;
    wire [ACTIVATION_W-1:0] activation_word;
    wire [18:0] word2;
    wire [19:0] word1;
    wire [7:0]  data;

    memory_port #(
        .LANES(TABLES),
        .SLICES(SLICES),
        .WEIGHT_W(WEIGHT_W),
        .ACTIVATION_W(ACTIVATION_W),
        .CLEAR_W(CLEAR_W)
    ) u_port (
        .clk(clk),
        .rst(rst),
        .select(mem_select),
        .address(mem_address),
        .write(mem_write),
        .wdata(mem_wdata),
        .read(mem_read),
        .rdata(mem_rdata),
        .rvalid(mem_rvalid),
        .clear(clear),
        .clearing(clearing),
        .lanes_weights(lanes_weights),
        .lanes_scales(lanes_scales),
        .lanes_biases(lanes_biases),
        .lanes_programs(lanes_programs),
        .lanes_activations(lanes_activations),
        .lanes_state(lanes_state),
        .weight_word(weight_word),
        .activation_word(activation_word),
        .word2(word2),
        .word1(word1),
        .data(data),
        .weights(weight_data),
        .scales({4'd0, scale_data}),
        .biases(bias_data),
        .programs(program_data),
        .activations(activation_data),
        .states(state_data)
    );

    genvar s;
    generate
        for (s = 0; s < SLICES; s = s + 1) begin : g_slice
            weight_memory #(
                .WORDS(WEIGHT_WORDS),
                .ADDRESS_W(WEIGHT_W)
            ) u_weights (
                .clk(clk),
                .address(busy ? weight_address : weight_word),
                .write_lanes(lanes_weights[8*s +: 8]),
                .write_data({8{data}}),
                .read_data(weight_data[64*s +: 64])
            );
        end
    endgenerate

    wire [SCALE_W-1:0] scale_word = busy ? scale_address : word2[SCALE_W-1:0];

    lane_memory #(
        .LANES(1),
        .WORDS(SCALES),
        .ADDRESS_W(SCALE_W)
    ) u_scales_low (
        .clk(clk),
        .write_lanes(lanes_scales[0]),
        .write_address(word2[SCALE_W-1:0]),
        .write_data(data),
        .read_address(scale_word),
        .read_data(scale_data[7:0])
    );

    lane_memory #(
        .LANES(1),
        .LANE_W(4),
        .WORDS(SCALES),
        .ADDRESS_W(SCALE_W)
    ) u_scales_high (
        .clk(clk),
        .write_lanes(lanes_scales[1]),
        .write_address(word2[SCALE_W-1:0]),
        .write_data(data[3:0]),
        .read_address(scale_word),
        .read_data(scale_data[11:8])
    );

    lane_memory #(
        .LANES(2),
        .WORDS(BIASES),
        .ADDRESS_W(BIAS_W)
    ) u_biases (
        .clk(clk),
        .write_lanes(lanes_biases),
        .write_address(word2[BIAS_W-1:0]),
        .write_data({2{data}}),
        .read_address(busy ? bias_address : word2[BIAS_W-1:0]),
        .read_data(bias_data)
    );

    lane_memory #(
        .LANES(1),
        .WORDS(PROGRAM_BYTES),
        .ADDRESS_W(PROGRAM_W)
    ) u_programs (
        .clk(clk),
        .write_lanes(lanes_programs),
        .write_address(word1[PROGRAM_W-1:0]),
        .write_data(data),
        .read_address(busy ? program_address : word1[PROGRAM_W-1:0]),
        .read_data(program_data)
    );

    lane_memory #(
        .LANES(TABLES),
        .WORDS(ACTIVATION_WORDS),
        .ADDRESS_W(ACTIVATION_W)
    ) u_activations (
        .clk(clk),
        .write_lanes(activation_write ? activation_write_lanes : lanes_activations),
        .write_address(activation_write ? activation_write_address : activation_word),
        .write_data({TABLES{activation_write ? activation_write_data : data}}),
        .read_address(busy ? activation_address : activation_word),
        .read_data(activation_data)
    );

    lane_memory #(
        .LANES(2),
        .WORDS(STATES),
        .ADDRESS_W(STATE_W)
    ) u_states (
        .clk(clk),
        .write_lanes(busy ? {2{state_write}} : lanes_state),
        .write_address(busy ? state_write_address : word2[STATE_W-1:0]),
        .write_data(busy ? state_write_data : {2{data}}),
        .read_address(busy ? state_address : word2[STATE_W-1:0]),
        .read_data(state_data)
    );

endmodule

`default_nettype wire
